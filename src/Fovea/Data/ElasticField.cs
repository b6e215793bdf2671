using System.Numerics;
using Fovea.Core.Random;

namespace Fovea.Data;

/// <summary>
/// A smooth random displacement of the plane: uniform noise smoothed by a Gaussian of four pixels and scaled (P. Y. Simard,
/// D. Steinkraus, J. C. Platt, "Best Practices for Convolutional Neural Networks Applied to Visual Document Analysis", ICDAR 2003,
/// section 2, "elastic distortions"). It lies on a grid of every second pixel, which so smooth a field does not notice.
/// </summary>
internal sealed class ElasticField
{
    private const int Spacing = 2, Cells = 16, Radius = 5;
    private const float Sigma = 4f / Spacing;

    private static readonly float[] Kernel = MakeKernel();

    private readonly Vector2[] noise = new Vector2[Cells * Cells], rows = new Vector2[Cells * Cells], moves = new Vector2[Cells * Cells];

    /// <summary>Draws a new field.</summary>
    /// <param name="random">The source of the noise.</param>
    /// <param name="pixels">The root mean square of each component, in pixels.</param>
    public void Draw(ref RandomStream random, float pixels)
    {
        for (int i = 0; i < noise.Length; i++)
            noise[i] = new Vector2(random.NextSingle(-1, 1), random.NextSingle(-1, 1));
        Smooth(noise, rows, 1, Cells);
        Smooth(rows, moves, Cells, 1);
        // Noise uniform in −1..1 has deviation 1/√3, and a kernel of unit square sum keeps it.
        for (int i = 0; i < moves.Length; i++)
            moves[i] *= pixels * MathF.Sqrt(3);
    }

    /// <summary>The displacement at a point, in pixels; beyond the border that of the border.</summary>
    public Vector2 At(Vector2 point)
    {
        Vector2 cell = Vector2.Clamp(point / Spacing, Vector2.Zero, new Vector2(Cells - 1.001f));
        int x = (int)cell.X, y = (int)cell.Y, at = (y * Cells) + x;
        Vector2 above = Vector2.Lerp(moves[at], moves[at + 1], cell.X - x);
        Vector2 below = Vector2.Lerp(moves[at + Cells], moves[at + Cells + 1], cell.X - x);
        return Vector2.Lerp(above, below, cell.Y - y);
    }

    /// <summary>Smooths along one axis; the noise repeats beyond its border, so that it is as strong there as inside.</summary>
    private static void Smooth(Vector2[] source, Vector2[] target, int stride, int otherStride)
    {
        for (int line = 0; line < Cells; line++)
            for (int i = 0; i < Cells; i++)
            {
                Vector2 sum = default;
                for (int k = -Radius; k <= Radius; k++)
                    sum += Kernel[k + Radius] * source[(line * otherStride) + ((i + k + Cells) % Cells * stride)];
                target[(line * otherStride) + (i * stride)] = sum;
            }
    }

    private static float[] MakeKernel()
    {
        float[] kernel = new float[(2 * Radius) + 1];
        for (int i = 0; i < kernel.Length; i++)
            kernel[i] = MathF.Exp(-(i - Radius) * (i - Radius) / (2 * Sigma * Sigma));
        float norm = MathF.Sqrt(kernel.Sum(k => k * k));
        return [.. kernel.Select(k => k / norm)];
    }
}
