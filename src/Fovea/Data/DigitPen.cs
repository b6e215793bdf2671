using System.Numerics;
using Fovea.Core.Random;

namespace Fovea.Data;

/// <summary>Writes one digit: bends a template, runs a pen of varying width along it and catches the ink on 28×28 pixels.</summary>
/// <remarks>Holds scratch space: one pen per thread.</remarks>
internal sealed class DigitPen
{
    public const int Side = 28;

    private const int StepsPerSpan = 7;
    private const float Margin = 3.2f;

    private readonly float[] ink = new float[Side * Side];
    private readonly ElasticField field = new();
    private readonly List<(Vector2 Point, bool Starts)> path = [];

    /// <summary>Draws a digit in white on black.</summary>
    /// <param name="digit">0 to 9.</param>
    /// <param name="random">Everything that is left to chance.</param>
    /// <param name="image">28×28 bytes, row by row.</param>
    public void Draw(int digit, ref RandomStream random, Span<byte> image)
    {
        Stroke[][] ways = DigitTemplates.All[digit];
        Trace(ways[random.NextInt32(ways.Length)], ref random);
        Distort(ref random);
        float thickness = random.NextSingle(0.85f, 1.8f), softness = random.NextSingle(1f, 1.7f);
        Ink(thickness, softness, random.NextSingle(0, MathF.Tau));
        Expose(ref random, image);
    }

    /// <summary>Turns the strokes into a fine chain of points, in pixels around the origin.</summary>
    private void Trace(Stroke[] strokes, ref RandomStream random)
    {
        path.Clear();
        float wobble = random.NextSingle(0.012f, 0.035f);
        Span<Vector2> points = stackalloc Vector2[16];
        foreach (Stroke stroke in strokes)
        {
            int count = stroke.Points.Length / 2;
            for (int i = 0; i < count; i++)
            {
                var moved = new Vector2(random.NextNormal(), random.NextNormal()) * wobble;
                points[i] = (new Vector2(stroke.Points[2 * i], stroke.Points[(2 * i) + 1]) + moved - new Vector2(0.5f)) * 20;
            }
            path.Add((points[0], true));
            int spans = stroke.Kind == StrokeKind.Loop ? count : count - 1;
            for (int span = 0; span < spans; span++)
                for (int step = 1; step <= StepsPerSpan; step++)
                    path.Add((Along(stroke.Kind, points[..count], span, (float)step / StepsPerSpan), false));
        }
    }

    private static Vector2 Along(StrokeKind kind, ReadOnlySpan<Vector2> points, int span, float t)
    {
        int count = points.Length;
        if (kind == StrokeKind.Lines)
            return Vector2.Lerp(points[span], points[span + 1], t);
        bool loop = kind == StrokeKind.Loop;
        Vector2 b = points[span], c = points[(span + 1) % count];
        Vector2 a = loop ? points[(span + count - 1) % count] : points[Math.Max(span - 1, 0)];
        Vector2 d = loop ? points[(span + 2) % count] : points[Math.Min(span + 2, count - 1)];
        // Catmull and Rom, "A Class of Local Interpolating Splines", 1974: the curve passes through b and c.
        Vector2 square = (2 * a) - (5 * b) + (4 * c) - d, cube = (3 * b) - a - (3 * c) + d;
        return b + (0.5f * t * (c - a + (t * (square + (t * cube)))));
    }

    /// <summary>Scales, slants, turns and bends the chain, then puts its middle near that of the image.</summary>
    private void Distort(ref RandomStream random)
    {
        float angle = Clipped(ref random, 0.13f), slant = 0.08f + Clipped(ref random, 0.2f);
        float width = random.NextSingle(0.62f, 1.02f);
        field.Draw(ref random, random.NextSingle(0.5f, 1.6f));
        var (sin, cos) = MathF.SinCos(angle);
        Vector2 low = new(float.MaxValue), high = new(float.MinValue), sum = default;
        for (int i = 0; i < path.Count; i++)
        {
            Vector2 p = path[i].Point;
            p = new Vector2((p.X * width) - (p.Y * slant), p.Y);
            p = new Vector2((p.X * cos) - (p.Y * sin), (p.X * sin) + (p.Y * cos));
            p += field.At(p + new Vector2(Side / 2f));
            path[i] = (p, path[i].Starts);
            (low, high, sum) = (Vector2.Min(low, p), Vector2.Max(high, p), sum + p);
        }

        // As in MNIST, the box around the digit has a set size and the centre of its ink lies near that of the image; the box keeps off
        // the border by more than the widest pen reaches.
        Vector2 extent = high - low;
        float scale = random.NextSingle(15.8f, 19.2f) / MathF.Max(extent.X, extent.Y);
        Vector2 jitter = new(Clipped(ref random, 0.6f), Clipped(ref random, 0.6f));
        Vector2 centre = Vector2.Lerp(sum / path.Count, (low + high) / 2, 0.6f);
        Vector2 origin = jitter + new Vector2((Side - 1) / 2f) - (centre * scale);
        origin = Vector2.Clamp(origin, new Vector2(Margin) - (low * scale), new Vector2(Side - 1 - Margin) - (high * scale));
        for (int i = 0; i < path.Count; i++)
            path[i] = ((path[i].Point * scale) + origin, path[i].Starts);
    }

    /// <summary>Covers each pixel by its distance from the chain, which smooths the edges.</summary>
    private void Ink(float radius, float softness, float phase)
    {
        Array.Clear(ink);
        for (int i = 1; i < path.Count; i++)
        {
            if (path[i].Starts)
                continue;
            // The pen presses harder here than there.
            float here = radius * (1 + (0.16f * MathF.Sin(phase + (0.16f * i)))), reach = here + (softness / 2);
            Vector2 from = path[i - 1].Point, along = path[i].Point - from;
            float inverseLength = 1 / MathF.Max(along.LengthSquared(), 1e-6f);
            Vector2 to = path[i].Point, low = Vector2.Min(from, to) - new Vector2(reach), high = Vector2.Max(from, to) + new Vector2(reach);
            int left = Math.Max(0, (int)MathF.Ceiling(low.X)), right = Math.Min(Side - 1, (int)MathF.Floor(high.X));
            int top = Math.Max(0, (int)MathF.Ceiling(low.Y)), bottom = Math.Min(Side - 1, (int)MathF.Floor(high.Y));
            for (int y = top; y <= bottom; y++)
                for (int x = left; x <= right; x++)
                {
                    Vector2 offset = new Vector2(x, y) - from;
                    float t = Math.Clamp(Vector2.Dot(offset, along) * inverseLength, 0, 1);
                    float coverage = Math.Clamp((reach - (offset - (along * t)).Length()) / softness, 0, 1);
                    ref float cell = ref ink[(y * Side) + x];
                    cell = MathF.Max(cell, coverage);
                }
        }
    }

    private void Expose(ref RandomStream random, Span<byte> image)
    {
        float brightness = random.NextSingle(0.84f, 1.12f) * 255, grain = random.NextSingle(0.01f, 0.07f) * 255;
        for (int i = 0; i < image.Length; i++)
            // Where there is no ink the paper stays clean, as in MNIST.
            image[i] = ink[i] == 0 ? (byte)0 : (byte)Math.Clamp((ink[i] * brightness) + (grain * random.NextNormal()), 0, 255);
    }

    /// <summary>A normal number with the given deviation that never strays further than two and a half of them.</summary>
    private static float Clipped(ref RandomStream random, float deviation) => deviation * Math.Clamp(random.NextNormal(), -2.5f, 2.5f);
}
