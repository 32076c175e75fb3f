import Foundation
import Testing

@testable import RotaCLI

@Suite("The console of the process")
struct SystemConsoleTests {
    @Test("All of a long text arrives in a pipe that does not block and is read slowly")
    func nonBlocking() async throws {
        let pipe = Pipe()
        let (reader, writer) = (pipe.fileHandleForReading, pipe.fileHandleForWriting)
        let flags = fcntl(writer.fileDescriptor, F_GETFL)
        #expect(fcntl(writer.fileDescriptor, F_SETFL, flags | O_NONBLOCK) == 0)
        let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0) }
        let descriptor = writer.fileDescriptor
        async let read = withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: reader.readDataToEndOfFile()) }.start()
        }
        let failure: Int32? = await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: Console.write(bytes, to: descriptor)) }.start()
        }
        try writer.close()
        #expect(failure == nil)
        #expect(await Array(read) == bytes)
    }

    #if os(Linux)
        @Test("A device without room is told by its error")
        func full() throws {
            let device = try #require(FileHandle(forWritingAtPath: "/dev/full"))
            #expect(Console.write([1, 2, 3], to: device.fileDescriptor) == ENOSPC)
        }
    #endif

    @Test("A command whose output was lost has failed")
    func lost() async {
        var console = Console(
            streams: Console.Streams(write: { _ in }, writeError: { _ in }), now: { Date(timeIntervalSince1970: 0) },
            sleep: { _ in })
        #expect(await RotaProgram().run(["zones"], on: console) == .done)
        console.outputFailure = { "No space left on device" }
        #expect(await RotaProgram().run(["zones"], on: console) == .failed)
    }
}
