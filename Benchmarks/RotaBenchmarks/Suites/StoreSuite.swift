import Foundation
import Rota
import RotaStore

/// The goals of the store module: P8 to P11.
enum StoreSuite {
    static let benchmarks = [
        Benchmark(
            id: "P8", title: "file store: one durable commit at a time", goal: "≥ 0.8× raw append + fdatasync",
            run: alone),
        Benchmark(id: "P9", title: "file store: 64 concurrent writers", goal: "≥ 0.5× raw group of 64", run: together),
        Benchmark(
            id: "P10", title: "file store: reopen with execution records",
            goal: "≤ 10× the floor (read, check CRC32C); 1.3× per item from size to size", run: reopen),
        Benchmark(
            id: "P11", title: "file store: size after compaction, stalls during it",
            goal: "≤ 2× live data; no commit stalled > 50 ms", run: compaction),
    ]

    private static func alone(_ scale: Scale) async throws -> [Figure] {
        // Short alternating rounds, with a ratio for each: the speed of a shared disk changes from second to second.
        let count = scale.iterations(1000)
        var (raw, stored, peer): ([Double], [Double], [(Double, Double)]) = ([], [], [])
        for _ in 0..<15 {
            raw.append(try StoreFloor.appendAndSync(count: count, rows: 1))
            stored.append(try await commits(count: count, writers: 1))
            let rows: Double? = try await SQLitePeer.insert(count: count, rows: 1)
            if let rows, let stored = stored.last { peer.append((rows, stored)) }
        }
        return beside(peer, "SQLite, one row a commit") + [
            Figure("raw append + fdatasync", median(raw) / 1000, "k/s"),
            Figure(
                "enqueue of one execution", median(stored) / 1000, "k/s",
                ratio: (median(zip(stored, raw).map { $0 / $1 }), "raw")),
        ]
    }

    private static func together(_ scale: Scale) async throws -> [Figure] {
        let count = scale.iterations(64_000)
        var (raw, stored, batched, peer): ([Double], [Double], [Double], [(Double, Double)]) = ([], [], [], [])
        for _ in 0..<9 {
            raw.append(try StoreFloor.appendAndSync(count: count / 64 + 1, rows: 64) * 64)
            stored.append(try await commits(count: count, writers: 64))
            batched.append(try await commits(count: count, writers: 1, batch: 64))
            let rows: Double? = try await SQLitePeer.insert(count: count / 64 + 1, rows: 64)
            if let rows, let stored = stored.last { peer.append((rows, stored)) }
        }
        return beside(peer, "SQLite, 64 rows a commit") + [
            Figure("raw groups of 64 rows", median(raw) / 1000, "k rows/s"),
            Figure(
                "64 writers, one execution a call", median(stored) / 1000, "k rows/s",
                ratio: (median(zip(stored, raw).map { $0 / $1 }), "raw")),
            Figure(
                "one writer, 64 executions a call", median(batched) / 1000, "k rows/s",
                ratio: (median(zip(batched, raw).map { $0 / $1 }), "raw")),
        ]
    }

    /// The figures of SQLite in the same rounds, if it is built in, and the store's ratio to them.
    private static func beside(_ rounds: [(peer: Double, store: Double)], _ name: String) -> [Figure] {
        guard !rounds.isEmpty else { return [] }
        let (rows, ratio) = (median(rounds.map(\.peer)), median(rounds.map { $0.store / $0.peer }))
        return [Figure(name, rows / 1000, "k rows/s", ratio: (ratio, "of it by the store"))]
    }

    /// The executions per second that concurrent writers enqueue durably.
    private static func commits(count: Int, writers: Int, batch: Int = 1) async throws -> Double {
        try await StoreFloor.withFolder { folder in
            let store = try await FileJobStore(directory: folder)
            let job = StoreFloor.job()
            _ = try await store.insert([JobInsertion(job)])
            let each = max(1, count / writers / batch)
            let clock = ContinuousClock()
            let start = clock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<writers {
                    group.addTask {
                        for call in 0..<each {
                            let first = UInt128(writer) << 64 | UInt128(call * batch)
                            try await store.enqueue(
                                (0..<batch).map { StoreFloor.execution(of: job, first + UInt128($0)) })
                        }
                    }
                }
                try await group.waitForAll()
            }
            let seconds = nanoseconds(start.duration(to: clock.now)) / 1e9
            try await store.close()
            return Double(each * writers * batch) / seconds
        }
    }

    private static func reopen(_ scale: Scale) async throws -> [Figure] {
        var figures: [Figure] = []
        for size in scale == .tiny ? [1_000] : [1_000, 10_000, 100_000, 1_000_000] {
            for compacted in [false, true] {
                figures.append(
                    try await StoreFloor.withFolder { folder in
                        try await StoreFloor.fill(folder, executions: size, compacting: compacted)
                        var (opened, floor): ([Double], [Double]) = ([], [])
                        for _ in 0..<(size >= 1_000_000 ? 3 : 5) {
                            floor.append(try StoreFloor.readAndCheck(folder))
                            let clock = ContinuousClock()
                            let start = clock.now
                            let store = try await FileJobStore(directory: folder)
                            opened.append(nanoseconds(start.duration(to: clock.now)) / 1e6)
                            try await store.close()
                        }
                        return Figure(
                            "\(size) records, \(compacted ? "snapshot" : "journal")", median(opened), "ms",
                            ratio: (
                                median(opened) / median(floor),
                                String(format: "floor; %.2f µs a record", median(opened) * 1000 / Double(size))
                            ))
                    })
            }
        }
        return figures
    }

    private static func compaction(_ scale: Scale) async throws -> [Figure] {
        let live = scale.iterations(200_000)
        return try await StoreFloor.withFolder { folder in
            // A hundred jobs with bounded retention, so that as many executions are removed as are added.
            try await StoreFloor.fill(folder, executions: live, compacting: true, keeping: live / 100)
            let store = try await FileJobStore(directory: folder)
            let dataBytes = StoreFloor.bytes(in: folder)
            let jobs = try await store.jobs(JobQuery(limit: 100)).items
            var (times, peak): ([Double], Int) = ([], 0)
            let rounds = live / 25
            let clock = ContinuousClock()
            for round in 0..<rounds {
                let first = UInt128(1) << 100 | UInt128(round * 100)
                var now = clock.now
                func lap() {
                    let next = clock.now
                    times.append(nanoseconds(now.duration(to: next)) / 1e6)
                    now = next
                }
                try await store.enqueue(
                    (0..<100).map { StoreFloor.execution(of: jobs[$0 % jobs.count], first + UInt128($0)) })
                lap()
                let claims = try await store.claim(
                    ClaimRequest(owner: "bench", limit: 100, now: .distantFuture, leaseExpiresAt: .distantFuture))
                lap()
                _ = try await store.finish(claims.map { StoreFloor.completion(of: $0.execution) })
                lap()
                if round % 50 == 0 { peak = max(peak, StoreFloor.bytes(in: folder)) }
            }
            try await store.compact()
            try await store.close()
            let compacted = StoreFloor.bytes(in: folder)
            times.sort()
            return [
                Figure("live data", Double(dataBytes) / 1e6, "MB"),
                Figure(
                    "after compaction", Double(compacted) / 1e6, "MB",
                    ratio: (Double(compacted) / Double(dataBytes), "live data")),
                Figure(
                    "largest while it ran", Double(peak) / 1e6, "MB",
                    ratio: (Double(peak) / Double(dataBytes), "live data")),
                Figure("median commit of 100 rows", median(times), "ms"),
                Figure("99.9th percentile", times[times.count * 999 / 1000], "ms"),
                Figure("slowest of \(times.count) commits", times[times.count - 1], "ms"),
            ]
        }
    }
}
