using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Evaluation;

/// <summary>
/// What determines a retrained model, besides its seed and the samples that it is trained without. Two models with equal identity, seed and
/// samples have identical bits, so that one of them need not be trained: <see cref="RetrainedModelStore"/> stores it under this content
/// hash.
/// </summary>
/// <param name="Data">SHA-256 of both splits in use: pixels, labels, and which samples they are.</param>
/// <param name="Network">The architecture.</param>
/// <param name="Training">The training options; the seed is ignored.</param>
/// <param name="Arithmetic">The device's arithmetic (<see cref="Compute.Device.Arithmetic"/>), which affects the last bits.</param>
/// <param name="Version">The version of ddm, because its kernels affect them too.</param>
public sealed record RetrainingIdentity(string Data, NetworkOptions Network, TrainingOptions Training, string Arithmetic, string Version)
{
    /// <summary>The version of the stored format; another version gives other keys.</summary>
    private const string Format = "retrained model 1";

    /// <summary>SHA-256 of one model, as lower-case hexadecimal.</summary>
    /// <param name="seed">The seed of its initialisation and batch order.</param>
    /// <param name="dropped">[N]: the training samples that it is trained without. Equal samples give equal models, however groups are
    /// divided and numbered.</param>
    public string KeyOf(ulong seed, ReadOnlySpan<bool> dropped)
    {
        var bits = new byte[(dropped.Length + 7) / 8];
        for (int n = 0; n < dropped.Length; n++)
        {
            if (dropped[n])
                bits[n / 8] |= (byte)(1 << (n % 8));
        }

        return Fingerprint.Of(Format, Data, Network, Training with { Seed = 0 }, Arithmetic, Version, seed, Convert.ToHexStringLower(bits));
    }
}
