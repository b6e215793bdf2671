namespace Fovea.Files;

/// <summary>A stream to read, and behind its end other bytes.</summary>
/// <remarks>
/// .NET's streams of compressed data end without complaint where their data break off, and check a sum only if it is there. With
/// something behind the data that can be no part of them, what is cut off becomes something that is wrong.
/// </remarks>
internal sealed class FollowedStream(Stream first, byte[] follower, bool repeats) : Stream
{
    private int followed;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int read = first.Read(buffer);
        if (read > 0) return read;
        if (repeats && followed == follower.Length) followed = 0;
        read = Math.Min(buffer.Length, follower.Length - followed);
        follower.AsSpan(followed, read).CopyTo(buffer);
        followed += read;
        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
