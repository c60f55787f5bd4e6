namespace DdmNative.Compute.Cpu;

/// <summary>
/// A form of a filter bank that a kernel reads: packed into panels, or transformed. It is made part by part, in any order.
/// </summary>
internal unsafe interface IFilterPacking
{
    /// <summary>The bank's geometry.</summary>
    CorrelationShape Shape { get; }

    /// <summary>Parts that are made independently of each other.</summary>
    int Parts { get; }

    /// <summary>Floats of the whole bank.</summary>
    long Length { get; }

    /// <summary>Floats of temporary memory that a part needs.</summary>
    int ChunkLength { get; }

    /// <summary>Makes a part.</summary>
    /// <param name="filter">The filters as the parameters have them.</param>
    /// <param name="part">Less than <see cref="Parts"/>.</param>
    /// <param name="target">The start of the whole bank.</param>
    /// <param name="chunk">Temporary memory.</param>
    void Pack(float* filter, int part, float* target, float* chunk);
}
