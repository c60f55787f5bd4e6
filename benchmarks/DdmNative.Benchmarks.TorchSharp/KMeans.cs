using static TorchSharp.torch;

namespace DdmNative.Benchmarks.TorchSharp;

/// <summary>k-means++ with restarts, on tensors.</summary>
internal static class KMeans
{
    private const int Restarts = 4, Rounds = 100;

    /// <summary>The clusters [N] and centres [k, D] of the restart with the lowest inertia.</summary>
    public static (Tensor Assigned, Tensor Centres) Cluster(Tensor points, int clusters)
    {
        (double Inertia, Tensor Assigned, Tensor Centres)? best = null;
        for (int restart = 0; restart < Restarts; restart++)
        {
            (double Inertia, Tensor Assigned, Tensor Centres) found = Once(points, clusters);
            if (best is null || found.Inertia < best.Value.Inertia)
                best = found;
        }
        return (best!.Value.Assigned, best.Value.Centres);
    }

    private static (double Inertia, Tensor Assigned, Tensor Centres) Once(Tensor points, int clusters)
    {
        Tensor centres = points.index_select(0, randint(0, points.shape[0], [1], device: points.device, dtype: ScalarType.Int64));
        while (centres.shape[0] < clusters)
        {
            Tensor squared = cdist(points, centres).amin([1]).pow(2);
            centres = cat([centres, points.index_select(0, squared.multinomial(1))]);
        }
        Tensor? assigned = null;
        Tensor distances = cdist(points, centres);
        for (int round = 0; round < Rounds; round++)
        {
            Tensor now = distances.argmin(1);
            if (assigned is not null && now.eq(assigned).all().item<bool>())
                break;
            assigned = now;
            Tensor member = nn.functional.one_hot(assigned, clusters).to(points.dtype);
            centres = member.t().matmul(points) / member.sum(dim: 0).clamp(min: 1).unsqueeze(1);
            distances = cdist(points, centres);
        }
        return (distances.amin([1]).pow(2).sum().item<float>(), assigned!, centres);
    }
}
