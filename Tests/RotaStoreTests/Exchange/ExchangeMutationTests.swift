import Foundation
import RotaCore
import RotaStore
import RotaTesting
import Testing

@Suite struct ExchangeMutationTests {
    /// How many mutated lines; `ROTA_INPUTS` asks for more (see Tests/Scripts/store-fuzz).
    private static let inputs = ProcessInfo.processInfo.environment["ROTA_INPUTS"].flatMap { Int($0) } ?? 1000

    /// A line with a few bytes of it changed, left out, doubled or taken from another line.
    private static func mutate(_ line: [UInt8], with other: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = line
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            guard !bytes.isEmpty else { break }
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: place)
            case 2: bytes.removeSubrange(place...)
            case 3: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 12)], at: place)
            case 4:
                let digits = (0..<Int.random(in: 1...25, using: &random)).map { _ in
                    UInt8.random(in: 0x30...0x39, using: &random)
                }
                bytes.replaceSubrange(place..<min(bytes.count, place + 1), with: digits)
            default:
                let start = Int.random(in: 0..<other.count, using: &random)
                bytes.insert(contentsOf: other[start..<min(other.count, start + 20)], at: place)
            }
        }
        return bytes
    }

    @Test("Mutated lines of an export are values or errors, never a trap")
    func lines() async throws {
        let lines = try await ExchangeTests.lines(ExchangeTests.state(seed: 11, operations: 60).export())
        let texts = lines.map { Array($0.utf8) }
        let coder = ExchangeCoder()
        var random = SplitMix64(seed: UInt64(Self.inputs))
        var read = 0
        for _ in 0..<Self.inputs {
            let line = texts[Int.random(in: 0..<texts.count, using: &random)]
            let other = texts[Int.random(in: 0..<texts.count, using: &random)]
            let value: ExchangeLine? = try? coder.value(Data(Self.mutate(line, with: other, &random)))
            if value != nil { read += 1 }
        }
        #expect(read > 0)
    }

    @Test("An import with mutated lines is taken as a whole or refused as a whole, and what was taken can be used")
    func imports() async throws {
        let lines = try await ExchangeTests.lines(ExchangeTests.state(seed: 12, operations: 25).export())
        var random = SplitMix64(seed: UInt64(Self.inputs))
        var taken = 0
        for _ in 0..<min(Self.inputs / 10, 100_000) {
            var mutated = lines
            let place = Int.random(in: 0..<lines.count, using: &random)
            let other = Array(lines[Int.random(in: 0..<lines.count, using: &random)].utf8)
            mutated[place] = String(
                decoding: Self.mutate(Array(lines[place].utf8), with: other, &random), as: UTF8.self)
            let store = InMemoryJobStore()
            do {
                try await store.importRecords(AsyncStream(mutated))
            } catch is StoreImportError {
                #expect(try await StoreContents(store) == StoreContents(StoreState()))
                continue
            }
            taken += 1
            let now = StoreSamples.start
            _ = await store.claim(ClaimRequest(owner: "a", limit: 10, now: now, leaseExpiresAt: now + 60))
            _ = await store.prune(at: now + 1e9, limit: 1000)
            _ = try await ExchangeTests.lines(store.exportRecords())
        }
        #expect(taken > 0)
    }
}
