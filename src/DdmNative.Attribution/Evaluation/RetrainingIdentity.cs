using DdmNative.Attribution.Formats;
using DdmNative.Attribution.Networks;
using DdmNative.Attribution.Training;

namespace DdmNative.Attribution.Evaluation;

/// <summary>
/// What decides a retrained model beside its seed and the samples it goes without. Two models of equal identity, seed and samples are equal to the bit, so that one of
/// them need not be trained: the content hash under which <see cref="RetrainedModelStore"/> keeps it.
/// </summary>
/// <param name="Data">SHA-256 of both splits as they are used: pixels, labels, and which samples they are.</param>
/// <param name="Network">The architecture.</param>
/// <param name="Training">The recipe; its seed is not looked at.</param>
/// <param name="Arithmetic">The device's (<see cref="Compute.Device.Arithmetic"/>), which moves the last bits.</param>
/// <param name="Version">The version of ddm, whose kernels do.</param>
public sealed record RetrainingIdentity(string Data, NetworkOptions Network, TrainingOptions Training, string Arithmetic, string Version)
{
    /// <summary>The layout of what is stored; another one makes other keys.</summary>
    private const string Format = "retrained model 1";

    /// <summary>SHA-256, as lower-case hexadecimal, of one model.</summary>
    /// <param name="seed">Decides its initialisation and batch order.</param>
    /// <param name="dropped">[N]: the training samples it goes without. However groups are cut and numbered, equal samples make equal models.</param>
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
