using System.Reflection;
using Fovea.Compute.Compiler.Il;
using Fovea.Compute.Dialect;

namespace Fovea.Compute.Compiler.Translation;

/// <summary>What earlier attempts at a kernel have shown.</summary>
internal sealed class Decisions
{
    private readonly HashSet<(MethodBase, int)> unrolled = [], kept = [];

    /// <summary>Arrays with an index that is not known: they stay in memory.</summary>
    public HashSet<ArraySite> InMemory { get; } = [];

    public bool MustUnroll(IlMethod method, IlLoop loop) =>
        method.Method.IsDefined(typeof(UnrollAttribute)) || (unrolled.Contains(Key(method, loop)) && !kept.Contains(Key(method, loop)));

    public bool MayUnroll(IlMethod method, IlLoop loop) => !method.Method.IsDefined(typeof(NoUnrollAttribute)) && !kept.Contains(Key(method, loop));

    public void Unroll(IlMethod method, IlLoop loop) => unrolled.Add(Key(method, loop));

    public void Keep(IlMethod method, IlLoop loop) => kept.Add(Key(method, loop));

    private static (MethodBase, int) Key(IlMethod method, IlLoop loop) => (method.Method, loop.Header.Start);
}

/// <summary>The kernel must be translated again, with what was learnt.</summary>
internal sealed class RestartException : Exception;
