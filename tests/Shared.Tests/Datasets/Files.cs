using System.Formats.Tar;
using System.IO.Compression;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Json;

namespace FlDurable.Shared.Tests.Datasets;

/// <summary>Named contents, written as a folder or as an archive.</summary>
internal sealed class Files : List<(string Name, byte[] Content)>
{
    public string WriteFolder(string folder)
    {
        foreach (var (name, content) in this)
        {
            var path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, content);
        }

        return folder;
    }

    public string WriteZip(string path)
    {
        using var archive = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var (name, content) in this)
        {
            using var stream = archive.CreateEntry(name, CompressionLevel.Fastest).Open();
            stream.Write(content);
        }

        return path;
    }

    public string WriteTarGz(string path, params TarEntry[] others)
    {
        File.WriteAllBytes(path, Compress(ToTar(others)));
        return path;
    }

    public byte[] ToTar(params TarEntry[] others)
    {
        using var stream = new MemoryStream();
        using (var writer = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var (name, content) in this)
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
            foreach (var entry in others)
                writer.WriteEntry(entry);
        }

        return stream.ToArray();
    }

    public static byte[] Compress(byte[] content)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(content);
        return stream.ToArray();
    }

    public Files Reversed()
    {
        var reversed = new Files();
        reversed.AddRange(this);
        reversed.Reverse();
        return reversed;
    }

    public Files Under(string folder)
    {
        var moved = new Files();
        moved.AddRange(this.Select(file => ($"{folder}/{file.Name}", file.Content)));
        return moved;
    }

    public Files With(string name, byte[] content)
    {
        var more = new Files();
        more.AddRange(this.Where(file => file.Name != name));
        more.Add((name, content));
        return more;
    }

    /// <summary>With a list of the images beside them.</summary>
    public Files Listed(ImageList list) => With(ImageList.FileName, ContractJson.SerializeToUtf8(list));

    public Files Without(Predicate<string> unwanted)
    {
        var fewer = new Files();
        fewer.AddRange(this.Where(file => !unwanted(file.Name)));
        return fewer;
    }
}
