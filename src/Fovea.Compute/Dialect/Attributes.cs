namespace Fovea.Compute.Dialect;

/// <summary>Marks a static method as a kernel: it runs once for every thread of every group of a launch.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KernelAttribute : Attribute
{
    /// <summary>Threads of a group along x, known while compiling; 0 if <see cref="KernelSource.GroupSize"/> says it.</summary>
    public int GroupSize { get; init; } = 256;
}

/// <summary>A kernel parameter whose value is given while compiling and folded into the code: a number, or a struct of numbers.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class ConstantAttribute : Attribute;

/// <summary>A view that overlaps no other view of the same launch, so that loads and stores may be reordered.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class NoAliasAttribute : Attribute;

/// <summary>Unrolls every loop of a method; their numbers of turns must be known while compiling.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class UnrollAttribute : Attribute;

/// <summary>Keeps every loop of a method a loop.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NoUnrollAttribute : Attribute;

/// <summary>A struct that is loaded and stored as one vector of its equal fields.</summary>
[AttributeUsage(AttributeTargets.Struct)]
public sealed class VectorAttribute : Attribute;
