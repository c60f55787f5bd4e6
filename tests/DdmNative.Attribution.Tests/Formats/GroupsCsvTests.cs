using System.Text;
using DdmNative.Attribution.Datasets;
using DdmNative.Attribution.Formats;
using Xunit;

namespace DdmNative.Attribution.Tests.Formats;

public sealed class GroupsCsvTests : IDisposable
{
    // Six samples of one pixel; labels 0 0 0 1 1 1.
    private static readonly Dataset Data = new("toy/train", new float[6], [0, 0, 0, 1, 1, 1], 1, 1, 1, 2);

    private const string Good = "sample,label,group,class,cluster\n0,0,0,0,0\n1,0,1,0,1\n2,0,0,0,0\n3,1,2,1,0\n4,1,2,1,0\n5,1,2,1,0\n";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Groups_are_written_as_documented_and_survive_a_round_trip()
    {
        string path = _folder.File("groups.csv");
        GroupsCsv.Write(path, Data, new GroupTable([0, 1, 0, 2, 2, 2], [0, 0, 1], [0, 1, 0]));
        Assert.Equal(Good, File.ReadAllText(path));
        GroupTable read = GroupsCsv.Read(path, Data);
        Assert.Equal([0, 1, 0, 2, 2, 2], read.GroupOf);
        Assert.Equal([0, 0, 1], read.ClassOf);
        Assert.Equal([0, 1, 0], read.ClusterOf);
        Assert.Equal([2, 1, 3], read.Sizes);
        Assert.Equal([0, 2], read.Members(0));
        Assert.Null(read.Names);
    }

    [Fact]
    public void Names_of_classes_and_files_of_samples_are_written_where_the_data_have_them()
    {
        string path = _folder.File("groups.csv");
        var named = new Dataset("toy/train", new float[2], [1, 0], 1, 1, 1, 2)
        {
            ClassNames = ["cat", "dog, big"],
            SourceFiles = ["train/dog/1.png", "train/cat/1.png"],
        };
        Dataset subset = named.Select([1, 0]);
        GroupsCsv.Write(path, subset, new GroupTable([0, 1], [0, 1], [0, 0]));
        Assert.Equal("sample,label,group,class,cluster,class_name,file\n1,0,0,0,0,cat,train/cat/1.png\n0,1,1,1,0,\"dog, "
            + "big\",train/dog/1.png\n", File.ReadAllText(path));
        Assert.Equal([0, 1], GroupsCsv.Read(path, subset).GroupOf);
    }

    [Fact]
    public void A_users_names_become_numbers_in_order_of_appearance_and_are_split_by_class()
    {
        GroupTable read = Read("group,sample\nanna,5\n\"bert, jr\",0\nanna,1\nanna,2\nanna,3\nanna,4\n");
        Assert.Equal(["anna", "bert, jr", "anna"], read.Names!);
        Assert.Equal([1, 2, 2, 0, 0, 0], read.GroupOf);
        Assert.Equal([1, 0, 0], read.ClassOf);
        Assert.Equal([0, 0, 1], read.ClusterOf);
    }

    [Fact]
    public void A_users_names_survive_a_round_trip_of_the_products_file()
    {
        string path = _folder.File("groups.csv");
        GroupsCsv.Write(path, Data, new GroupTable([0, 0, 0, 1, 1, 1], [0, 1], [0, 0], ["=anna", "b \"x\", c\nd"]));
        Assert.Equal(["=anna", "b \"x\", c\nd"], GroupsCsv.Read(path, Data).Names!);
    }

    [Fact]
    public void Samples_of_a_subset_keep_their_original_numbers_and_a_users_other_rows_are_passed_over()
    {
        Dataset subset = Data.Select([4, 1]);
        string path = _folder.File("groups.csv");
        GroupsCsv.Write(path, subset, new GroupTable([0, 1], [1, 0], [0, 0]));
        Assert.Equal("sample,label,group,class,cluster\n4,1,0,1,0\n1,0,1,0,0\n", File.ReadAllText(path));
        Assert.Equal([0, 1], GroupsCsv.Read(path, subset).GroupOf);
        Assert.Equal(["x", "y"], Read("sample,group\n0,never\n1,x\n2,x\n3,x\n4,y\n5,y\n", subset).Names!);
    }

    [Theory]
    [InlineData("sample,group\n0,a\n1,a\n2,a\n3,b\n4,b\n", "column 'sample'", "no line for sample 5")]
    [InlineData("sample,group\n0,a\n1,a\n1,a\n", "line 4, column 'sample'", "1 repeatedly")]
    [InlineData("sample,group\n0,a\n6,a\n", "line 3, column 'sample'", "0 to 5")]
    [InlineData("sample,group\n0,a\n-1,a\n", "line 3, column 'sample'", "'-1'")]
    [InlineData("sample,group\n0,a\n1,\n", "line 3, column 'group'", "nothing")]
    [InlineData("sample,group\n0,\"a\nb\"\nx,a\n", "line 4, column 'sample'", "'x'")]
    [InlineData("sample,group\n0,a\n1,a,b\n", "line 3, all columns", "fields")]
    [InlineData("sample,group\n0,a\n1,\"a\n", "line 3, all columns", "quote")]
    [InlineData("sample,source\n0,a\n", "line 1, column 'group'", "sample,source")]
    [InlineData("sample,group,group\n0,a,a\n", "line 1, column 'group'", "two columns")]
    [InlineData("", "line 1, column 'sample'", "header")]
    [InlineData("sample,label,group\n0,1,a\n", "line 2, column 'label'", "expected 0")]
    public void A_users_file_that_is_wrong_names_line_and_column(string text, string field, string expectation)
    => Refuses(text, field, expectation);

    [Theory]
    [InlineData("\n1,0,1,0,1\n", "\n1,0,0,1,1\n", "line 3, column 'class'", "belongs to one class")]
    [InlineData("\n4,1,2,1,0\n", "\n4,0,2,1,0\n", "line 6, column 'label'", "expected 1")]
    [InlineData("\n4,1,2,1,0\n", "\n4,1,2,1,3\n", "line 6, column 'group'", "cluster 3")]
    [InlineData("\n4,1,2,1,0\n", "\n4,1,1,1,0\n", "line 6, column 'group'", "class 0")]
    [InlineData("\n1,0,1,0,1\n", "\n1,0,3,0,1\n", "column 'group'", "no group 1")]
    [InlineData("\n1,0,1,0,1\n", "\n1,0,99,0,1\n", "line 3, column 'group'", "densely")]
    [InlineData("\n1,0,1,0,1\n", "\n1,0,one,0,1\n", "line 3, column 'group'", "'one'")]
    [InlineData("\n5,1,2,1,0\n", "\n", "column 'sample'", "no line for sample 5")]
    public void A_product_file_that_is_wrong_names_line_and_column(string good, string bad, string field, string expectation)
        => Refuses(Good.Replace(good, bad, StringComparison.Ordinal), field, expectation);

    [Fact]
    public void A_product_file_of_another_subset_is_refused()
        => Assert.Contains("not in the subset", Assert.Throws<BadInputException>(() => Read(Good, Data.Select([0, 3]))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Bytes_that_are_not_utf8_are_refused()
    {
        string path = _folder.Write("g.csv", [.. "sample,group\n0,"u8, 0xC3, 0x28, .. "\n"u8]);
        Assert.Contains("UTF-8", Assert.Throws<BadInputException>(() => GroupsCsv.Read(path, Data)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_that_contradicts_itself_or_the_data_cannot_be_made_or_written()
    {
        Assert.Throws<ArgumentException>(() => new GroupTable([0, 2], [0, 0], [0, 1]));
        Assert.Throws<ArgumentException>(() => new GroupTable([0, 0], [0, 0], [0, 1]));
        Assert.Throws<ArgumentException>(() => new GroupTable([0], [0], [0, 1]));
        Assert.Throws<ArgumentException>(() => GroupsCsv.Write(_folder.File("g.csv"), Data, new GroupTable([0], [0], [0])));
        Assert.Throws<ArgumentException>(
            () => GroupsCsv.Write(_folder.File("g.csv"), Data, new GroupTable([0, 0, 0, 0, 1, 1], [0, 1], [0, 0])));
    }

    [Theory]
    [InlineData(Good)]
    [InlineData("sample,group\n0,a\n1,a\n2,\"b c\"\n3,b\n4,b\n5,a\n")]
    public void Mutated_files_are_read_or_refused(string good)
        => Fuzz.Run(Encoding.UTF8.GetBytes(good),
            bytes => Assert.Equal(6, GroupsCsv.Read(_folder.Write("m.csv", bytes), Data).GroupOf.Length));

    private void Refuses(string text, string field, string expectation)
    {
        var error = Assert.Throws<BadInputException>(() => Read(text));
        Assert.Equal(_folder.File("g.csv"), error.File);
        Assert.Equal(field, error.Field);
        Assert.Contains(expectation, error.Message, StringComparison.Ordinal);
    }

    private GroupTable Read(string text, Dataset? data = null)
        => GroupsCsv.Read(_folder.Write("g.csv", Encoding.UTF8.GetBytes(text)), data ?? Data);
}
