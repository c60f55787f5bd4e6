using System.Buffers.Binary;
using System.Text;

namespace DdmNative.Cli.Tests;

/// <summary>
/// A protobuf message by the numbers of its fields, as far as OTLP's need it: what is nested is read when it is asked for.
/// </summary>
internal sealed class ProtobufMessage
{
    private readonly List<(int Field, ulong Number, byte[] Bytes)> _values = [];

    public ProtobufMessage(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            ulong key = Varint(ref bytes);
            int field = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    _values.Add((field, Varint(ref bytes), []));
                    break;
                case 1:
                    _values.Add((field, BinaryPrimitives.ReadUInt64LittleEndian(bytes), []));
                    bytes = bytes[8..];
                    break;
                case 2:
                    int length = (int)Varint(ref bytes);
                    _values.Add((field, 0, bytes[..length].ToArray()));
                    bytes = bytes[length..];
                    break;
                case 5:
                    _values.Add((field, BinaryPrimitives.ReadUInt32LittleEndian(bytes), []));
                    bytes = bytes[4..];
                    break;
                default:
                    throw new InvalidDataException($"Wire type {key & 7} of field {field}.");
            }
        }
    }

    public IEnumerable<ProtobufMessage> Messages(int field) => All(field).Select(value => new ProtobufMessage(value.Bytes));

    public ProtobufMessage? Message(int field) => Messages(field).FirstOrDefault();

    public string Text(int field) => Encoding.UTF8.GetString(All(field).First().Bytes);

    public string Hex(int field) => Convert.ToHexStringLower(All(field).FirstOrDefault().Bytes ?? []);

    public bool Has(int field) => All(field).Any();

    public long Whole(int field) => (long)All(field).FirstOrDefault().Number;

    public double Real(int field) => BitConverter.UInt64BitsToDouble(All(field).First().Number);

    /// <summary>OTLP's list of attributes (field of KeyValue: key 1, value 2: text 1, flag 2, whole 3, real 4).</summary>
    public Dictionary<string, object> Attributes(int field)
        => Messages(field).ToDictionary(pair => pair.Text(1), pair => pair.Message(2) switch
        {
            { } value when value.Has(1) => value.Text(1),
            { } value when value.Has(2) => value.Whole(2) != 0,
            { } value when value.Has(3) => value.Whole(3),
            { } value when value.Has(4) => (object)value.Real(4),
            _ => "",
        });

    private IEnumerable<(int Field, ulong Number, byte[] Bytes)> All(int field) => _values.Where(value => value.Field == field);

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = bytes[0];
            bytes = bytes[1..];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return value;
        }
    }
}
