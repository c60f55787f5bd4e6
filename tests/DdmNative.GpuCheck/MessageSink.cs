using Xunit;
using Xunit.Abstractions;

namespace DdmNative.GpuCheck;

/// <summary>Hands xunit's messages on.</summary>
internal sealed class MessageSink(Action<IMessageSinkMessage> receive) : LongLivedMarshalByRefObject, IMessageSink
{
    public bool OnMessage(IMessageSinkMessage message)
    {
        receive(message);
        return true;
    }
}
