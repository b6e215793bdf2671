namespace Fovea.Cpu.Threads;

/// <summary>Work of many items that the threads of a <see cref="WorkerPool"/> share: a structure that holds the operands.</summary>
public interface IPoolJob
{
    /// <summary>Does one item.</summary>
    /// <param name="item">Which one.</param>
    /// <param name="worker">The number of the thread that does it, by which it may choose a scratch buffer.</param>
    void Run(int item, int worker);
}
