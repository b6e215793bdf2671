using System.Runtime.CompilerServices;
using Fovea.Compute.Simt;

namespace Fovea.Compute.Dialect;

/// <summary>Three indices.</summary>
public readonly struct Index3(int x, int y, int z)
{
    /// <summary>Along x.</summary>
    public int X => x;

    /// <summary>Along y.</summary>
    public int Y => y;

    /// <summary>Along z.</summary>
    public int Z => z;
}

/// <summary>The groups of a launch.</summary>
public static class Grid
{
    /// <summary>The group's index along x.</summary>
    public static int IdxX => SimtThread.Current.GroupIndex.X;

    /// <summary>The group's index along y.</summary>
    public static int IdxY => SimtThread.Current.GroupIndex.Y;

    /// <summary>The group's index along z.</summary>
    public static int IdxZ => SimtThread.Current.GroupIndex.Z;

    /// <summary>Groups along x.</summary>
    public static int DimX => SimtThread.Current.Groups.X;

    /// <summary>Groups along y.</summary>
    public static int DimY => SimtThread.Current.Groups.Y;

    /// <summary>Groups along z.</summary>
    public static int DimZ => SimtThread.Current.Groups.Z;

    /// <summary>The group's index among all, x fastest.</summary>
    public static int LinearIndex => (((IdxZ * DimY) + IdxY) * DimX) + IdxX;

    /// <summary>The thread's index in the whole launch.</summary>
    public static Index3 GlobalIndex => new((IdxX * Group.DimX) + Group.IdxX, (IdxY * Group.DimY) + Group.IdxY, (IdxZ * Group.DimZ) + Group.IdxZ);
}

/// <summary>The threads of a group.</summary>
public static class Group
{
    /// <summary>The thread's index along x.</summary>
    public static int IdxX => SimtThread.Current.ThreadIndex.X;

    /// <summary>The thread's index along y.</summary>
    public static int IdxY => SimtThread.Current.ThreadIndex.Y;

    /// <summary>The thread's index along z.</summary>
    public static int IdxZ => SimtThread.Current.ThreadIndex.Z;

    /// <summary>Threads along x; known while compiling.</summary>
    public static int DimX => SimtThread.Current.GroupSize.X;

    /// <summary>Threads along y; known while compiling.</summary>
    public static int DimY => SimtThread.Current.GroupSize.Y;

    /// <summary>Threads along z; known while compiling.</summary>
    public static int DimZ => SimtThread.Current.GroupSize.Z;

    /// <summary>Threads of the group; known while compiling.</summary>
    public static int Size => DimX * DimY * DimZ;

    /// <summary>The thread's index among all of its group, x fastest.</summary>
    public static int LinearIndex => (((IdxZ * DimY) + IdxY) * DimX) + IdxX;

    /// <summary>Waits until every thread of the group is here; what they wrote to memory before is then seen by all of them.</summary>
    /// <param name="line">Where the call stands, for errors under the debugger. The C# compiler fills it in.</param>
    public static void Barrier([CallerLineNumber] int line = 0) => SimtThread.Current.Barrier(line);
}
