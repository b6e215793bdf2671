// The runtime knows this attribute by its name and namespace.
namespace System.Runtime.CompilerServices;

/// <summary>
/// Lets an assembly use what is internal to another one. Kernels may be internal, and their entry points are in an assembly of their own.
/// </summary>
/// <param name="assemblyName">The other assembly.</param>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
{
    /// <summary>The other assembly.</summary>
    public string AssemblyName { get; } = assemblyName;
}
