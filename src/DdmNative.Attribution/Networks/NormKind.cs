namespace DdmNative.Attribution.Networks;

/// <summary>The normalisation of a network's convolutions.</summary>
public enum NormKind
{
    /// <summary>Over H·W per sample and channel.</summary>
    Instance,

    /// <summary>Over the batch and H·W per channel (Ioffe and Szegedy 2015).</summary>
    Batch,

    /// <summary>
    /// Over groups of channels and H·W per sample (Wu and He 2018): 32 groups as in the paper, or as many of them as divide the channels.
    /// </summary>
    Group,
}
