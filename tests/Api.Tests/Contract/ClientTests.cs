using System.Reflection;
using FlDurable.Api.Tests.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using NSwag.CodeGeneration.CSharp;

namespace FlDurable.Api.Tests.Contract;

/// <summary>The document as others' tools take it.</summary>
public sealed class ClientTests(SharedHost shared)
{
    private const string Namespace = "Generated";

    private readonly ApiHost host = shared.Host;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_document_is_valid()
    {
        var read = Microsoft.OpenApi.OpenApiDocument.Parse(await DocumentAsync(), "json");

        Assert.Empty(read.Diagnostic!.Errors.Select(error => error.ToString()));
        Assert.Empty(read.Diagnostic.Warnings.Select(warning => warning.ToString()));
    }

    [Fact]
    public async Task A_generated_client_runs_a_federations_whole_life_without_a_cast()
    {
        var lifecycle = CSharpSyntaxTree.ParseText(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Lifecycle.cs"), Cancel), cancellationToken: Cancel);
        Assert.DoesNotContain((await lifecycle.GetRootAsync(Cancel)).DescendantNodes(), node => node is CastExpressionSyntax || node.IsKind(SyntaxKind.AsExpression));
        var assembly = Compile(lifecycle, CSharpSyntaxTree.ParseText(await GenerateAsync(), cancellationToken: Cancel));

        var run = assembly.GetType("Lifecycle")!.GetMethod("RunAsync")!;
        await (Task)run.Invoke(obj: null, [host.Client, SmallData.Name, Cancel])!;
    }

    private static Assembly Compile(params SyntaxTree[] sources)
    {
        var platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create(
            "GeneratedClient", sources, platform,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        using var image = new MemoryStream();
        var result = compilation.Emit(image, cancellationToken: Cancel);
        Assert.DoesNotContain(
            result.Diagnostics,
            diagnostic => diagnostic.Severity == DiagnosticSeverity.Error || (diagnostic.Severity == DiagnosticSeverity.Warning && diagnostic.Location.SourceTree == sources[0]));
        return Assembly.Load(image.ToArray());
    }

    private async Task<string> GenerateAsync()
    {
        var document = await NSwag.OpenApiDocument.FromJsonAsync(await DocumentAsync(), Cancel);
        var settings = new CSharpClientGeneratorSettings
        {
            ClassName = "FlDurableClient",
            UseBaseUrl = false,
            GenerateOptionalParameters = true,
            CSharpGeneratorSettings =
            {
                Namespace = Namespace,
                GenerateNullableReferenceTypes = true,
                GenerateOptionalPropertiesAsNullable = true,
            },
        };
        return new CSharpClientGenerator(document, settings).GenerateFile();
    }

    private async Task<string> DocumentAsync()
    {
        using var answer = await host.GetAsync("/api/openapi.json");
        return await answer.Content.ReadAsStringAsync(Cancel);
    }
}
