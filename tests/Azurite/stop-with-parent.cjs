// Azurite stops, as on SIGTERM, when its standard input ends: when whoever started it closes the pipe or dies.
process.stdin.on("end", () => process.emit("SIGTERM") || process.exit(1)).resume();
