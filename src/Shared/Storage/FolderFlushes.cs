namespace FlDurable.Shared.Storage;

/// <summary>
/// Flushes of folders, of which those that are asked for while one is under way are done together by the next: a folder's flush covers every entry
/// that was made before it began.
/// </summary>
/// <param name="flush">Flushes a folder.</param>
internal sealed class FolderFlushes(Action<string> flush)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Turns> folders = new(StringComparer.Ordinal);

    /// <summary>Returns when a flush that began after the call has ended.</summary>
    /// <exception cref="IOException">The folder can't be flushed.</exception>
    public void Flush(string folder)
    {
        Turns turns;
        lock (gate)
        {
            if (!folders.TryGetValue(folder, out turns!))
                folders[folder] = turns = new Turns();
            turns.Users++;
        }

        try
        {
            turns.Take(() => flush(folder));
        }
        finally
        {
            lock (gate)
            {
                if (--turns.Users == 0)
                    folders.Remove(folder);
            }
        }
    }

    /// <summary>The flushes of one folder, one after another.</summary>
    private sealed class Turns
    {
        private long begun;
        private long done;
        private bool isUnderWay;

        /// <summary>How many threads have to do with it; the folders' gate guards it.</summary>
        public int Users { get; set; }

        /// <summary>Waits for a flush that begins from now on, or does it. One that fails is its caller's failure; who waited for it does the next.</summary>
        public void Take(Action flush)
        {
            lock (this)
            {
                var mine = begun + 1;
                while (isUnderWay && done < mine)
                    Monitor.Wait(this);
                if (done >= mine)
                    return;
                isUnderWay = true;
                begun++;
            }

            var isDone = false;
            try
            {
                flush();
                isDone = true;
            }
            finally
            {
                lock (this)
                {
                    isUnderWay = false;
                    if (isDone)
                        done = begun;
                    Monitor.PulseAll(this);
                }
            }
        }
    }
}
