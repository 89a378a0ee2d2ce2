using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using FlDurable.LocalHost.TensorBoard.Format;
using Google.Protobuf;

namespace FlDurable.LocalHost.TensorBoard;

/// <summary>
/// A file of TensorBoard's events: records, each with its length and check sums before and after. Readers join all files of a folder in the order of their names, and pass over
/// a record that was cut short: so a file is only appended to, and whoever goes on begins another.
/// </summary>
internal sealed class EventFile : IDisposable
{
    private const string Version = "brain.Event:2";
    private const int MaxRecordBytes = 1 << 20;
    private const int MaxFilesASecond = 100;

    private readonly FileStream file;

    private EventFile(FileStream file) => this.file = file;

    /// <summary>Begins another file in a folder.</summary>
    /// <exception cref="IOException">It can't be made.</exception>
    public static EventFile Begin(string folder, DateTimeOffset now)
    {
        for (var number = 0; ; number++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"events.out.tfevents.{now.ToUnixTimeSeconds()}.{Environment.MachineName}.{Environment.ProcessId}.{number}");
            var path = Path.Combine(folder, name);
            if (File.Exists(path) && number < MaxFilesASecond)
                continue;
            var begun = new EventFile(new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0));
            begun.Add(new Event { WallTime = Seconds(now), FileVersion = Version });
            return begun;
        }
    }

    /// <summary>The last step that the files of a folder have; −1 if they have none.</summary>
    /// <exception cref="IOException">One can't be read.</exception>
    public static long LastStep(string folder) => Directory.EnumerateFiles(folder, "*tfevents*")
        .SelectMany(Read).Where(one => one.WhatCase == Event.WhatOneofCase.Summary).Select(one => one.Step).DefaultIfEmpty(-1).Max();

    /// <summary>The events of a file, to its end or to what is no whole record.</summary>
    public static IEnumerable<Event> Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var head = new byte[sizeof(ulong) + sizeof(uint)];
        while (file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length)
        {
            var length = BinaryPrimitives.ReadUInt64LittleEndian(head);
            if (BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(sizeof(ulong))) != CheckSum(head.AsSpan(0, sizeof(ulong))) || length > MaxRecordBytes)
                yield break;
            var body = new byte[(int)length + sizeof(uint)];
            var data = body.AsMemory(0, (int)length);
            if (file.ReadAtLeast(body, body.Length, throwOnEndOfStream: false) < body.Length
                || BinaryPrimitives.ReadUInt32LittleEndian(body.AsSpan((int)length)) != CheckSum(data.Span))
            {
                yield break;
            }

            yield return Event.Parser.ParseFrom(data.Span);
        }
    }

    /// <summary>Adds what was measured at a step, as one record: it is there as a whole or not at all.</summary>
    /// <param name="now">When.</param>
    /// <param name="step">The step; later than all before.</param>
    /// <param name="values">What was measured, by tag. Not a number is kept as it is.</param>
    public void Add(DateTimeOffset now, long step, IEnumerable<(string Tag, double Value)> values) => Add(new Event
    {
        WallTime = Seconds(now),
        Step = step,
        Summary = new Summary { Value = { values.Select(one => new Summary.Types.Value { Tag = one.Tag, SimpleValue = (float)one.Value }) } },
    });

    public void Dispose() => file.Dispose();

    /// <summary>Castagnoli's check sum, masked as the format has it, so that what holds check sums can be summed as well.</summary>
    internal static uint CheckSum(ReadOnlySpan<byte> data)
    {
        var sum = uint.MaxValue;
        foreach (var one in data)
            sum = BitOperations.Crc32C(sum, one);
        return BitOperations.RotateRight(~sum, 15) + 0xa282ead8;
    }

    private static double Seconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;

    private void Add(Event one)
    {
        var data = one.ToByteArray();
        var record = new byte[sizeof(ulong) + sizeof(uint) + data.Length + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(sizeof(ulong)), CheckSum(record.AsSpan(0, sizeof(ulong))));
        data.CopyTo(record.AsSpan(sizeof(ulong) + sizeof(uint)));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(record.Length - sizeof(uint)), CheckSum(data));
        file.Write(record);
    }
}
