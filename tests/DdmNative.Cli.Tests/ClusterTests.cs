using System.Diagnostics;
using k8s;
using k8s.Models;
using Xunit;

namespace DdmNative.Cli.Tests;

/// <summary>The examples of <c>examples/cluster</c>.</summary>
[Collection(Commands.Name)]
public sealed class ClusterTests
{
    private const int CannotBeHad = 77;

    private static readonly string Root = RepositoryRoot();

    [SkippableTheory]
    [InlineData("slurm", "8 shards (one stopped and queued again): ")]
    [InlineData("parallel", "8 shards: ")]
    public void Eight_shards_by_a_scheduler_make_the_unsharded_run_to_the_byte(string scheduler, string says)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The schedulers are Linux's.");
        var start = new ProcessStartInfo("bash") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(Root, "build", "cluster-test.sh"));
        start.ArgumentList.Add(scheduler);
        start.Environment["DDM"] = $"dotnet {Path.Combine(AppContext.BaseDirectory, "ddm.dll")}";
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();

        Skip.If(process.ExitCode == CannotBeHad, error.Result.Trim());
        Assert.True(process.ExitCode == 0, output + error.Result);
        Assert.Contains($"cluster-test: {scheduler}, {says}", output, StringComparison.Ordinal);
        Assert.EndsWith("all as in the unsharded run, byte for byte\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_indexed_job_is_one_by_the_schema_of_Kubernetes_and_its_pods_are_all_shards()
    {
        V1Job shards = Objects("shards.yaml").OfType<V1Job>().Single();

        Assert.Equal("Indexed", shards.Spec.CompletionMode);
        V1Container ddm = shards.Spec.Template.Spec.Containers.Single();
        Assert.Equal($"{shards.Spec.Completions}", ddm.Env.Single(variable => variable.Name == "SHARDS").Value);
        Assert.All(shards.Spec.PodFailurePolicy.Rules.Where(rule => rule.OnExitCodes is not null),
            rule => Assert.Equal(ddm.Name, rule.OnExitCodes.ContainerName));
        Assert.Contains(shards.Spec.PodFailurePolicy.Rules, rule => rule.Action == "Ignore"
            && rule.OnExitCodes?.Values.Contains(ExitCode.Interrupted) == true);
        Assert.Equal("Never", shards.Spec.Template.Spec.RestartPolicy); // a failure policy wants it

        // The shell line as the pods run it, with a ddm that says what it was asked.
        string[] asked = [.. Enumerable.Range(0, shards.Spec.Completions!.Value).Select(index =>
        {
            var start = new ProcessStartInfo("sh") { RedirectStandardOutput = true };
            foreach (string argument in (string[])["-c",
                "ddm() { echo \"$@\"; }; " + ddm.Args.Single().Replace("exec ", "", StringComparison.Ordinal)])
                start.ArgumentList.Add(argument);
            start.Environment["JOB_COMPLETION_INDEX"] = $"{index}";
            start.Environment["SHARDS"] = "8";
            using Process shell = Process.Start(start)!;
            string line = shell.StandardOutput.ReadToEnd().Trim();
            shell.WaitForExit();
            return line;
        })];
        Assert.Equal(Enumerable.Range(1, 8).Select(i => $"run /job/job.json --run /runs/shards/{i} --from /runs/base --shard {i}/8"),
            asked);
    }

    [Fact]
    public void What_the_pods_mount_is_there_and_the_job_file_is_a_job()
    {
        object[] prepare = Objects("prepare.yaml");
        V1ConfigMap map = prepare.OfType<V1ConfigMap>().Single();
        string job = Path.GetTempFileName();
        File.WriteAllText(job, map.Data["job.json"]);
        Assert.NotNull(DdmNative.Runs.Jobs.JobFile.Read(job));
        File.Delete(job);

        string[] claims = [.. prepare.OfType<V1PersistentVolumeClaim>().Select(claim => claim.Metadata.Name), "ddm-data"];
        foreach (V1Job step in ((string[])["prepare.yaml", "shards.yaml", "merge.yaml"]).SelectMany(Objects).OfType<V1Job>())
        {
            V1PodSpec pod = step.Spec.Template.Spec;
            Assert.All(pod.Containers.Single().VolumeMounts, mount => Assert.Contains(pod.Volumes, volume => volume.Name == mount.Name));
            Assert.All(pod.Volumes, volume =>
                Assert.True(volume.ConfigMap?.Name == map.Metadata.Name || claims.Contains(volume.PersistentVolumeClaim?.ClaimName)));
        }
    }

    /// <summary>The objects of a manifest; a field that Kubernetes' types do not have is refused.</summary>
    private static object[] Objects(string manifest)
        => [.. KubernetesYaml.LoadAllFromString(File.ReadAllText(Path.Combine(Root, "examples", "cluster", "kubernetes", manifest)),
            strict: true)];

    private static string RepositoryRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "DdmNative.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("The tests lie outside the repository.");
    }
}
