using Fovea.Cpu;
using Fovea.Gpu;
using Fovea.Graph;
using Fovea.Verification;

namespace Fovea.Tests;

/// <summary>A program may open every namespace of the engine beside those that the SDK opens, and name every public type.</summary>
internal sealed class PublicNamesTests
{
    private static readonly Type[] PublicTypes =
    [
        .. from type in (Type[])[typeof(ComputationGraph), typeof(CpuBackend), typeof(GpuBackend), typeof(Device), typeof(SelfTest)]
           from exported in type.Assembly.GetExportedTypes()
           where !exported.IsNested
           select exported,
    ];

    [Test]
    public void NoTwoTypesHaveOneName() =>
        Assert.That(PublicTypes.GroupBy(type => type.Name).Where(types => types.Count() > 1).SelectMany(types => types), Is.Empty);

    [Test]
    public void AProgramThatOpensEveryNamespaceNamesEveryType()
    {
        string[] namespaces = [.. PublicTypes.Select(type => type.Namespace!).Distinct().Order(StringComparer.Ordinal)];
        Assert.That(namespaces, Is.SupersetOf(new[] { "Fovea", "Fovea.Graph", "Fovea.Layers", "Fovea.Ops", "Fovea.Verification" }));
        IEnumerable<string> usings = namespaces.Select(name => $"using {name};");
        IEnumerable<string> names = PublicTypes.Select(type => $"_ = typeof({Unbound(type)});");
        Snippet.Compile([string.Join('\n', [.. usings, .. names])]);
    }

    /// <summary>A type's name as code has it, with commas in the place of type arguments.</summary>
    private static string Unbound(Type type) => type.IsGenericTypeDefinition
        ? $"{type.Name[..type.Name.IndexOf('`')]}<{new string(',', type.GetGenericArguments().Length - 1)}>"
        : type.Name;
}
