import Testing

@testable import RotaHTTP

@Suite("HostResolver")
struct HostResolverTests {
    @Test("The system's resolver returns addresses, and an error for a name that does not exist")
    func system() async throws {
        let resolver = SystemHostResolver()
        #expect(try await resolver.addresses(of: "127.0.0.1") == [IPAddress(v4: 0x7F00_0001)])
        #expect(try await resolver.addresses(of: "::1") == [IPAddress(v6: 1)])
        #expect(try await resolver.addresses(of: "::ffff:8.8.8.8") == [IPAddress(v4: 0x0808_0808)])
        let error = await #expect(throws: TransportError.self) { try await resolver.addresses(of: "no such host") }
        #expect(error?.code == .dns)
    }

    @Test("Concurrent callers for one name share a lookup, and the number of lookups is limited")
    func gate() async throws {
        let gate = LookupGate(width: 2)
        var started: [String] = []
        let waiters = (0..<4).map { _ in LookupWaiter() }
        for (host, waiter) in zip(["a", "a", "b", "c"], waiters) {
            gate.join(host, waiter) { started.append($0) }
        }
        #expect(started == ["a", "b"])
        let one = IPAddress(v4: 1)
        #expect(gate.leave("a", .success([one])) == "c")
        #expect(gate.leave("b", .failure(TransportError(.dns, "none"))) == nil)
        #expect(gate.leave("c", .success([])) == nil)
        #expect(try await value(of: waiters[0]) == [one])
        #expect(try await value(of: waiters[1]) == [one])
        #expect(try await value(of: waiters[3]).isEmpty)
        await #expect(throws: TransportError.self) { try await value(of: waiters[2]) }
        gate.join("a", LookupWaiter()) { started.append($0) }
        #expect(started == ["a", "b", "a"])
    }

    @Test("Slow name servers of one domain do not hold up the names of others")
    func domains() {
        let gate = LookupGate(width: 4, perDomain: 2)
        var started: [String] = []
        let names = [
            "a.x.example.org", "b.x.example.org", "c.x.example.org", "d.x.example.org", "a.z.example.org", "localhost",
            "e.w",
        ]
        let waiters = names.map { _ in LookupWaiter() }
        for (name, waiter) in zip(names, waiters) { gate.join(name, waiter) { started.append($0) } }
        #expect(started == ["a.x.example.org", "b.x.example.org", "a.z.example.org", "localhost"])
        // Two of the domain run, so it is the turn of the other name, although it came last.
        #expect(gate.leave("localhost", .success([])) == "e.w")
        #expect(gate.leave("e.w", .success([])) == nil)
        waiters[2].finish(.failure(TransportError(.canceled, "gone")))
        #expect(gate.leave("b.x.example.org", .success([])) == "d.x.example.org")
        #expect(gate.leave("a.x.example.org", .success([])) == nil)
        gate.join("f.x.example.org", LookupWaiter()) { started.append($0) }
        #expect(started.last == "f.x.example.org")
    }

    private func value(of waiter: LookupWaiter) async throws -> [IPAddress] {
        try await withCheckedThrowingContinuation { _ = waiter.start($0) }
    }

    @Test("A canceled caller returns at once, and the lookup's result is dropped")
    func canceled() async throws {
        let waiter = LookupWaiter()
        waiter.finish(.failure(TransportError(.canceled, "canceled")))
        waiter.finish(.success([]))
        let error = await #expect(throws: TransportError.self) {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<[IPAddress], any Error>) in
                #expect(!waiter.start(continuation))
            }
        }
        #expect(error?.code == .canceled)
    }

    @Test("An abandoned lookup takes no turn from those with waiters")
    func abandonedLookups() {
        let gate = LookupGate(width: 1)
        let waiters = (0..<4).map { _ in LookupWaiter() }
        for (host, waiter) in zip(["a", "b", "c", "d"], waiters) { gate.join(host, waiter) { _ in } }
        for waiter in waiters[1...2] { waiter.finish(.failure(TransportError(.canceled, "gone"))) }
        #expect(gate.leave("a", .success([])) == "d")
        #expect(gate.leave("d", .success([])) == nil)
        var started: [String] = []
        gate.join("b", LookupWaiter()) { started.append($0) }
        #expect(started == ["b"])
    }
}
