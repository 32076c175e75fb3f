import Foundation
import Rota
import RotaAPI
import RotaCLI
import RotaHTTP
import RotaStore
import RotaTesting
import Testing

@Suite("Connections")
struct ConnectionTests {
    private static func run(_ words: [String]) async -> CLIBench.Result {
        await CLIBench().run(words, isConnected: false)
    }

    @Test(
        "A web server that answers 200 to anything is no Rota server",
        arguments: [
            ["jobs", "delete", "foo"], ["jobs", "list"], ["jobs", "get", "foo"], ["metrics"],
            ["jobs", "create", "--name", "a", "--every", "1h", "--url", "https://example.com/"],
        ])
    func otherServer(_ words: [String]) async throws {
        for (status, text) in [(200, #"{"ok": true}"#), (404, #"{"error": "not found"}"#)] {
            let server = try await LoopbackServer { _ in .status(status, text: text) }
            let result = await Self.run(["--url", server.address()] + words)
            #expect(result.exit == .unreachable && result.output == "", "\(result)")
            #expect(result.errors.contains("not as a Rota server does. Is the URL right?"))
            await server.stop()
        }
    }

    @Test("Every answer of the API has its mark, refusals and failures too")
    func mark() async throws {
        let bench = CLIBench(scopes: [.read])
        #expect(await bench.run("jobs", "list").exit == .done)
        #expect(await bench.run("jobs", "get", "nope").exit == .notFound)
        #expect(await bench.run("jobs", "pause", "nope").exit == .notAllowed)
    }

    @Test(
        "A folder without a store is not shown as a store without jobs",
        arguments: [
            ["store", "status"], ["store", "verify"], ["store", "export"], ["store", "compact"], ["jobs", "list"],
            ["jobs", "pause", "x"],
        ])
    func noStore(_ words: [String]) async throws {
        let scratch = try Scratch()
        _ = try scratch.write("hello", to: "notes.txt")
        let folder = scratch.url.path(percentEncoded: false)
        let result = await Self.run(["--store", folder] + words)
        #expect(result.exit == .notFound && result.errors.contains("holds no store"), "\(result)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["notes.txt"])
        let store = try await FileJobStore(directory: scratch.url.appending(path: "jobs"))
        try await store.close()
        #expect(await Self.run(["--store", scratch.path("jobs"), "store", "status"]).exit == .done)
    }

    @Test("A pipe and a device are read as files are, and what cannot be read says why")
    func files() async throws {
        let bench = CLIBench()
        let pipe = Pipe()
        try pipe.fileHandleForWriting.write(
            contentsOf: Data(#"[{"name": "a", "schedule": "@daily", "url": "https://example.com/"}]"#.utf8))
        try pipe.fileHandleForWriting.close()
        let path = "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)"
        let piped = await bench.run("jobs", "apply", "-f", path)
        #expect(piped.output.contains("1 created (a)"), "\(piped)")
        try pipe.fileHandleForReading.close()
        let empty = await bench.run("jobs", "apply", "-f", "/dev/null")
        #expect(empty.exit == .refused && empty.errors.contains("is not JSON"), "\(empty)")
        let missing = await bench.run("jobs", "apply", "-f", "/nonexistent/file")
        #expect(missing.errors.contains("cannot be read: it does not exist"))
        #expect(await bench.run("lint", NSTemporaryDirectory()).errors.contains("it is a folder"))
    }
}
