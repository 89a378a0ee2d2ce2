# A worker of the pool on an NVIDIA GPU (docs/worker-pool.md), with the Torch engine. From the repository's root:
#   docker build -f docker/worker-cuda.Dockerfile -t fldurable-worker-cuda:1 .
#   docker run --gpus all --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#     -v $PWD/pool.key:/run/pool.key:ro fldurable-worker-cuda:1 --server https://fl.example.org --key-file /run/pool.key
# The key file must be readable by the user 1654 alone: chown 1654 pool.key && chmod 400 pool.key

FROM mcr.microsoft.com/dotnet/sdk:10.0-noble AS build
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
WORKDIR /source
COPY . .
RUN ["dotnet", "publish", "src/LocalHost", "-c", "Release", "-r", "linux-x64", "--no-self-contained", "-o", "/app", "-p:Torch=true", "-p:TorchPackage=TorchSharp-cuda-linux"]

# Not chiseled: libtorch needs GCC 13's C++ library and OpenMP. CUDA's libraries come with TorchSharp, the driver with the machine.
FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble AS worker
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
# Root's, so that the worker can't change its own program.
COPY --from=build /app .
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
# Where a program writes that was told nothing else; the rest of the file system is read only.
ENV HOME=/tmp FLDURABLE_STATE=/tmp/state FLDURABLE_CACHE=/tmp/cache DOTNET_EnableDiagnostics=0
USER 1654
STOPSIGNAL SIGTERM
ENTRYPOINT ["dotnet", "fldurable.dll", "work", "--pool", "--log-format", "json"]
