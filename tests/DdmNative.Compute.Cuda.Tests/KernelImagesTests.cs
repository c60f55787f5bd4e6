using System.Text;
using DdmNative.Runs;
using DdmNative.Runs.Jobs;
using DdmNative.Compute.Cuda.Modules;
using Xunit;

namespace DdmNative.Compute.Cuda.Tests;

/// <summary>Which module a kernel is in, and when modules are loaded.</summary>
public sealed class KernelImagesTests : IDisposable
{
    private readonly HostMemoryDriver _driver = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ddm-kernels-");

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        _driver.Dispose();
    }

    [SkippableFact]
    public void Every_kernel_of_this_build_is_found_in_the_one_module_that_has_its_text()
    {
        string[] kernels = [.. ReadEmbedded("sm_80").Modules.SelectMany(module => PtxInstructionMix.Count(module.Read()).Keys)];
        Assert.True(kernels.Length >= 100, $"{kernels.Length} kernels");

        foreach (string target in (string[])["sm_80", "sm_90"])
        {
            KernelImages images = ReadEmbedded(target);
            Assert.Equal(kernels.Order(), images.Modules.SelectMany(module => KernelImage.KernelsIn(module.Read())).Order());
            Assert.All(kernels, kernel => Assert.Contains(kernel, PtxInstructionMix.Count(images.FindModule(kernel).Read()).Keys));
            Assert.All(images.Modules, module => Assert.Contains($".target {target}", Encoding.UTF8.GetString(module.Read()),
                StringComparison.Ordinal));
        }
    }

    /// <summary>The products are three quarters of all PTX, and a run needs one precision of three.</summary>
    [SkippableTheory]
    [InlineData(Precision.Fp32, "fp32")]
    [InlineData(Precision.Tf32, "tf32")]
    [InlineData(Precision.Tf32x3, "tf32x3")]
    public void The_loops_of_a_job_load_the_products_of_their_precision_alone_and_nothing_twice(Precision precision, string name)
    {
        using var device = new CudaDevice(_driver, 0, precision, ReadEmbedded("sm_80"));
        Assert.Empty(_driver.LoadedModules);
        using InnerLoops loops = InnerLoops.Prepare(device, new Job
        {
            Data = new JobData { Source = "generated:classes=2,per-class=8,test-per-class=4,size=8,clusters=2" },
            Network = new JobNetwork { Width = 8, Depth = 2 },
            Training = new JobTraining { BatchSize = 4 },
            Groups = new JobGroups { PerClass = 2 },
        });

        foreach (InnerLoop loop in loops.Loops)
            loop.Run(1);

        string[] products = [.. _driver.LoadedModules.Where(module => module.StartsWith("convolution_",
            StringComparison.Ordinal) || module.StartsWith("matrix_product_", StringComparison.Ordinal))];
        Assert.NotEmpty(products);
        Assert.All(products, module => Assert.Contains($"_{name}_", module, StringComparison.Ordinal));
        Assert.Equal(_driver.LoadedModules.Distinct(), _driver.LoadedModules);
        Assert.Equal(_driver.LoadedModules, device.LoadedModules.Select(module => module.Name));
        Assert.True(_driver.LoadedModules.Count < ReadEmbedded("sm_80").Modules.Count / 2, string.Join(" ", _driver.LoadedModules));
    }

    [Fact]
    public void A_kernel_that_a_plan_needs_is_loaded_before_the_stream_is_captured()
    {
        Write("one.ptx", Ptx("first"));
        Write("two.ptx", Ptx("second"));
        using CudaDevice device = Open();

        // The driver of this test refuses to load during a capture.
        using IPlan plan = device.Record("both", () =>
        {
            device.Launch(new KernelLaunch("first", new Dim3(1), new Dim3(32)), new KernelArguments());
            device.Launch(new KernelLaunch("second", new Dim3(1), new Dim3(32), DynamicSharedBytes: 60_000), new KernelArguments());
        });

        Assert.Equal(["one", "two"], _driver.LoadedModules);
    }

    [Fact]
    public void Threads_that_ask_for_the_same_kernels_at_the_same_time_load_each_module_once()
    {
        for (int i = 0; i < 8; i++)
            Write($"module{i}.ptx", Ptx($"left{i}", $"right{i}"));
        using CudaDevice device = Open();
        var modules = new KernelModules(_driver, KernelImages.In(_folder.FullName, "sm_80"));

        nint[][] found = new nint[16][];
        Parallel.For(0, found.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, thread =>
        {
            device.MakeCurrent();
            found[thread] = [.. Enumerable.Range(0, 8).SelectMany(i => (nint[])[modules.Function($"left{i}", 0),
                modules.Function($"right{i}", 0)])];
        });

        Assert.All(found, functions => Assert.Equal(found[0], functions));
        Assert.Equal(8, _driver.LoadedModules.Count);
        modules.Dispose();
    }

    [Fact]
    public void A_folder_has_its_modules_beside_each_other_or_by_target()
    {
        Write("flat.ptx", Ptx("flat"));
        Assert.Equal("flat", KernelImages.In(_folder.FullName, "sm_90").FindModule("flat").Name);

        Directory.CreateDirectory(Path.Combine(_folder.FullName, "sm_90"));
        Write(Path.Combine("sm_90", "deep.ptx"), Ptx("deep"));

        Assert.Equal("deep", KernelImages.In(_folder.FullName, "sm_90").FindModule("deep").Name);
        Assert.Equal("flat", KernelImages.In(_folder.FullName, "sm_80").FindModule("flat").Name);
    }

    [Fact]
    public void A_cubin_goes_before_the_PTX_of_its_name_and_has_no_instruction_mix()
    {
        Write("mixed.ptx", Ptx("compiled", "removed"));
        Write("mixed.cubin", Cubin("compiled"));
        Write("text.ptx", Ptx("readable"));
        using CudaDevice device = Open();

        KernelFacts compiled = device.FactsOf("compiled"), readable = device.FactsOf("readable");

        Assert.Null(compiled.Mix);
        Assert.Equal(1, readable.Mix!.Instructions);
        Assert.Equal([("mixed", true), ("text", false)], device.LoadedModules.Select(module => (module.Name, module.IsCubin)));
        Assert.Contains("'removed': it is in none of the 2 modules", Assert.Throws<CudaUnavailableException>(()
            => device.FactsOf("removed")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_file_holds_all_kernels_and_is_loaded_at_once()
    {
        Write("mine.ptx", Ptx("any"));
        using var device = new CudaDevice(_driver, 0, Precision.Fp32, KernelImages.In(Path.Combine(_folder.FullName, "mine.ptx"), "sm_80"));

        Assert.Equal("mine", Assert.Single(device.LoadedModules).Name);
        device.FactsOf("any");
        Assert.Single(_driver.LoadedModules);
    }

    [Fact]
    public void A_kernel_in_two_modules_is_refused_with_both_names()
    {
        Write("one.ptx", Ptx("twice"));
        Write("two.ptx", Ptx("twice"));

        string message = Assert.Throws<CudaUnavailableException>(() => KernelImages.In(_folder.FullName, "sm_80")).Message;

        Assert.Contains("'twice' is in two modules", message, StringComparison.Ordinal);
        Assert.Contains("one and two", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_modules_and_a_file_that_is_not_there_are_named()
    {
        Assert.Contains("neither a .ptx nor a .cubin", Assert.Throws<CudaUnavailableException>(() => KernelImages.In(_folder.FullName,
            "sm_80")).Message, StringComparison.Ordinal);
        Assert.Contains("does not exist", Assert.Throws<CudaUnavailableException>(() => KernelImages.In(Path.Combine(_folder.FullName,
            "no.ptx"), "sm_80")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Kernels_are_found_in_text_however_it_is_spaced()
    {
        ReadOnlySpan<byte> text = ".visible .entry a(.param .u64 p)\n{ }\n.entry\tb (\n) { }\n.entry\n  c()"u8;

        Assert.Equal(["a", "b", "c"], KernelImage.KernelsIn(text).Order());
        Assert.Empty(KernelImage.KernelsIn(".entry"u8));
        Assert.Empty(KernelImage.KernelsIn(".entry "u8));
        Assert.Empty(KernelImage.KernelsIn(""u8));
    }

    [SkippableFact]
    public void Mutated_modules_are_looked_through()
    {
        byte[][] images = [Encoding.UTF8.GetBytes(Ptx("one", "two")), Cubin("one", "two")];
        for (int seed = 0; seed < DdmNative.Attribution.Tests.Formats.Mutations.Count; seed++)
            KernelImage.KernelsIn(DdmNative.Attribution.Tests.Formats.Mutations.Of(images[seed % images.Length], seed));
    }

    private static KernelImages ReadEmbedded(string target)
    {
        try
        {
            return KernelImages.ReadEmbedded(target);
        }
        catch (CudaUnavailableException e)
        {
            Skip.If(true, e.Message);
            throw;
        }
    }

    private static string Ptx(params string[] kernels) => ".version 7.8\n.target sm_80\n.address_size " +
        "64\n" + string.Concat(kernels.Select(kernel => $".visible .entry {kernel}()\n{{\n\tret;\n}}\n"));

    /// <summary>The parts of a cubin that are read here: the magic number and the names of sections.</summary>
    private static byte[] Cubin(params string[] kernels) => Encoding.UTF8.GetBytes("\u007fELF\0\0\0" + string.Concat(kernels.Select(kernel
        => $".text.{kernel}\0.nv.info.{kernel}\0")));

    private CudaDevice Open() => new(_driver, 0, Precision.Fp32, KernelImages.In(_folder.FullName, "sm_80"));

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder.FullName, name), text);

    private void Write(string name, byte[] bytes) => File.WriteAllBytes(Path.Combine(_folder.FullName, name), bytes);
}
