using Fovea.Core;
using Fovea.Core.Random;

namespace Fovea.Data;

/// <summary>How a <see cref="BatchLoader"/> makes batches.</summary>
public sealed record BatchLoaderOptions
{
    /// <summary>Examples per batch.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Whether each epoch takes the examples in an order of its own, rather than in theirs.</summary>
    public bool Shuffle { get; init; }

    /// <summary>Whether to leave out a last batch that is not full.</summary>
    public bool DropLast { get; init; }

    /// <summary>Decides the orders, and what is random about the examples themselves.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>How many batches to make ahead of the one in use.</summary>
    public int Prefetch { get; init; } = 3;
}

/// <summary>
/// Serves a data set in batches, made ahead of time by one background thread into a fixed ring of buffers. The order of an epoch
/// is a pure function of the seed and the epoch's number. For one consumer at a time: beginning an epoch ends the one before.
/// </summary>
public sealed class BatchLoader : IDisposable
{
    private const ulong OrderStream = 0xD4UL << 56;

    private readonly IDataset data;
    private readonly BatchLoaderOptions options;
    private readonly Batch[] ring;
    private readonly int[] order;
    private readonly Lock starting = new();
    private BatchFiller? active;
    private bool disposed;

    /// <summary>Prepares the buffers.</summary>
    /// <param name="data">The examples to serve.</param>
    /// <param name="options">How to make the batches.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is not positive, the prefetch depth is not positive, or a batch
    /// exceeds what one array can hold.</exception>
    public BatchLoader(IDataset data, BatchLoaderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        this.options = options ??= new BatchLoaderOptions();
        Require.Positive(options.BatchSize, "BatchLoaderOptions.BatchSize");
        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            options.BatchSize, Array.MaxLength / Math.Max(data.InputShape.Count, data.Target.Shape.Count));
        Require.Positive(options.Prefetch, "BatchLoaderOptions.Prefetch");
        this.data = data;
        order = new int[data.Count];
        BatchesPerEpoch = (data.Count / options.BatchSize) + (!options.DropLast && data.Count % options.BatchSize != 0 ? 1 : 0);
        // A small set needs neither full-sized nor many buffers.
        int capacity = Math.Min(options.BatchSize, data.Count);
        ring = new Batch[Math.Min(options.Prefetch, BatchesPerEpoch) + 1];
        for (int i = 0; i < ring.Length; i++)
            ring[i] = new Batch(capacity, data);
    }

    /// <summary>How many batches an epoch has.</summary>
    public int BatchesPerEpoch { get; }

    /// <summary>
    /// Serves one epoch. Each batch is valid until the next one is asked for. Leaving the loop early ends the background thread, and so
    /// does disposing the loader or beginning another epoch.
    /// </summary>
    /// <param name="epoch">The epoch's number, from 0 on; it decides the order.</param>
    /// <param name="firstBatch">The batch to begin with; from there on come the very batches that the whole epoch has.</param>
    /// <param name="cancellationToken">Ends the enumeration with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The epoch is negative, or it neither has such a batch nor ends there.</exception>
    /// <exception cref="ObjectDisposedException">The loader is disposed, now or while the epoch is being enumerated.</exception>
    public IEnumerable<Batch> Epoch(int epoch, int firstBatch = 0, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        Require.NotNegative(epoch, "The epoch's number");
        Require.NotNegative(firstBatch, "The first batch");
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstBatch, BatchesPerEpoch);
        return Enumerate(epoch, firstBatch, cancellationToken);
    }

    /// <summary>Ends the background thread, if one runs.</summary>
    public void Dispose()
    {
        lock (starting)
        {
            disposed = true;
            active?.Dispose();
        }
    }

    private IEnumerable<Batch> Enumerate(int epoch, int firstBatch, CancellationToken cancellationToken)
    {
        using BatchFiller filler = Begin(epoch, firstBatch);
        using CancellationTokenRegistration registration = cancellationToken.Register(filler.Wake);
        while (filler.Next(cancellationToken) is { } batch)
            yield return batch;
    }

    private BatchFiller Begin(int epoch, int firstBatch)
    {
        lock (starting)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            // Both would write to the same ring.
            active?.Dispose();
            return active = new BatchFiller(ring, firstBatch, BatchesPerEpoch, () => Order(epoch), batch => Fill(batch, epoch));
        }
    }

    private void Order(int epoch)
    {
        for (int i = 0; i < order.Length; i++)
            order[i] = i;
        if (options.Shuffle)
            new RandomStream(options.Seed, OrderStream | (uint)epoch).Shuffle<int>(order);
    }

    private void Fill(Batch batch, int epoch)
    {
        int start = batch.Index * options.BatchSize;
        batch.Count = Math.Min(options.BatchSize, order.Length - start);
        for (int slot = 0; slot < batch.Count; slot++) batch.Fill(slot, data, order[start + slot], options.Seed, epoch);
    }
}
