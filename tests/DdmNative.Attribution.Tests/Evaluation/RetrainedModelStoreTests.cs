using DdmNative.Attribution.Evaluation;
using DdmNative.Attribution.Tests.Formats;
using Xunit;

namespace DdmNative.Attribution.Tests.Evaluation;

public sealed class RetrainedModelStoreTests : IDisposable
{
    private const string Key = "ab34", Other = "ab35";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_kept_is_found_again_to_the_bit()
    {
        float[] logits = [1, -0.0f, float.Epsilon, 4, float.NaN, 6];
        var store = new RetrainedModelStore(_folder.ToString());
        Assert.Null(store.Find(Key, 2, 3));

        store.Keep(Key, logits, 2, 3);

        Assert.Equal(logits.Select(BitConverter.SingleToUInt32Bits),
            new RetrainedModelStore(_folder.ToString()).Find(Key, 2, 3)!.Select(BitConverter.SingleToUInt32Bits));
        Assert.Null(store.Find(Other, 2, 3));
    }

    [Fact]
    public void A_model_evaluated_on_other_samples_is_not_taken()
    {
        var store = new RetrainedModelStore(_folder.ToString());
        store.Keep(Key, new float[6], 2, 3);

        Assert.Null(store.Find(Key, 3, 2));
    }

    [Fact]
    public void A_file_that_is_cut_off_changed_or_misplaced_is_not_taken_and_can_be_kept_anew()
    {
        var store = new RetrainedModelStore(_folder.ToString());
        store.Keep(Key, [1, 2], 1, 2);
        string path = Directory.EnumerateFiles(_folder.ToString(), "*.npz", SearchOption.AllDirectories).Single();
        byte[] whole = File.ReadAllBytes(path);

        File.Copy(path, path.Replace(Key, Other, StringComparison.Ordinal));
        Assert.Null(store.Find(Other, 1, 2));
        for (int cut = 0; cut < whole.Length; cut += 7)
        {
            File.WriteAllBytes(path, whole[..cut]);
            Assert.Null(store.Find(Key, 1, 2));
        }

        store.Keep(Key, [3, 4], 1, 2);
        Assert.Equal([3, 4], store.Find(Key, 1, 2)!);
    }
}
