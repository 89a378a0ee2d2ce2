#!/bin/sh
# Runs a published worker as its image would: as another user than root, without capabilities, on a file system that is read only but for /tmp.
#   dotnet publish src/LocalHost -c Release -r linux-x64 --no-self-contained -o app && docker/as-image.sh app --server URL --key-file FILE
# It takes root, and a file that the user 1654 can read and that is not below /tmp, which is empty there.
set -eu
app=$(realpath "$1")
shift
exec unshare --mount --propagation private sh -c '
  set -eu
  mount -t tmpfs tmpfs /mnt
  mkdir /mnt/app
  mount --bind "$1" /mnt/app
  shift
  mount -t tmpfs -o mode=1777,size=64m tmpfs /tmp
  mount -o remount,bind,ro /mnt/app
  mount -o remount,bind,ro /mnt
  mount -o remount,bind,ro /
  cd /
  exec setpriv --reuid 1654 --regid 1654 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
    env -i PATH="$PATH" DOTNET_ROOT="${DOTNET_ROOT:-}" HOME=/tmp FLDURABLE_STATE=/tmp/state FLDURABLE_CACHE=/tmp/cache DOTNET_EnableDiagnostics=0 \
    dotnet /mnt/app/fldurable.dll work --pool --log-format json "$@"
' sh "$app" "$@"
