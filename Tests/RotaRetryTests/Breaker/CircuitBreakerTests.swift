import Foundation
import RotaRetry
import RotaTestSupport
import RotaTesting
import Testing

@Suite("CircuitBreaker")
struct CircuitBreakerTests {
    static let failure = CircuitOutcome.failure(.http(status: 503))

    /// Runs one attempt, if it is permitted; returns whether it was.
    @discardableResult
    static func run(_ breaker: inout CircuitBreaker, _ outcome: CircuitOutcome, at now: Date) -> Bool {
        guard case .permitted(let permit) = breaker.admit(at: now) else { return false }
        breaker.record(outcome, permit, at: now)
        return true
    }

    /// Returns a permit, if the breaker gives one.
    static func permit(_ breaker: inout CircuitBreaker, at now: Date) -> CircuitPermit? {
        guard case .permitted(let permit) = breaker.admit(at: now) else { return nil }
        return permit
    }

    static func opened(_ policy: CircuitBreakerPolicy = .default, at now: Date = at(0)) throws -> CircuitBreaker {
        var breaker = try CircuitBreaker(policy)
        for _ in 0..<5 { run(&breaker, failure, at: now) }
        #expect(breaker.state(at: now) != .closed)
        return breaker
    }

    @Test("Five failures in a row open it for a minute, then one probe decides", .rows("SX-18"))
    func defaults() {
        var breaker = CircuitBreaker()
        for count in 1...4 {
            #expect(Self.run(&breaker, Self.failure, at: at(Double(count))))
            #expect(breaker.state(at: at(Double(count))) == .closed)
        }
        #expect(Self.run(&breaker, Self.failure, at: at(5)))
        #expect(breaker.state(at: at(5)) == .open(until: at(65)))
        #expect(!Self.run(&breaker, .success, at: at(64.999)))
        #expect(breaker.state(at: at(65)) == .halfOpen)
        guard case .permitted(let permit) = breaker.admit(at: at(65)) else {
            Issue.record("no probe")
            return
        }
        #expect(!Self.run(&breaker, .success, at: at(66)))
        breaker.record(.success, permit, at: at(67))
        #expect(breaker.state(at: at(67)) == .closed)
        #expect(breaker.trip == nil && breaker.streak == 0)
    }

    @Test("A success ends the streak")
    func successResets() {
        var breaker = CircuitBreaker()
        for _ in 0..<100 {
            for _ in 0..<4 { Self.run(&breaker, Self.failure, at: at(0)) }
            Self.run(&breaker, .success, at: at(0))
        }
        #expect(breaker.state(at: at(0)) == .closed)
    }

    @Test("The reason is kept, durably, and can be read by a person")
    func reason() throws {
        let breaker = try roundTrip(try Self.opened(at: at(7)))
        #expect(breaker.trip?.cause == .consecutiveFailures)
        #expect(breaker.trip?.date == at(7))
        #expect(breaker.trip?.failures == 5 && breaker.trip?.lastKind == .httpStatus && breaker.trip?.lastStatus == 503)
        #expect(
            breaker.trip?.description
                == "5 of 5 attempts failed (consecutive_failures), last with http_status 503")
        var later = breaker
        #expect(later.admit(at: at(8)) == .refused(until: at(67), try #require(breaker.trip)))
    }

    @Test("A failed probe opens it again, for the next delay of the backoff")
    func reopening() throws {
        let policy = CircuitBreakerPolicy(openFor: .exponential(initial: .seconds(10), maximum: .seconds(60)))
        var breaker = try Self.opened(policy)
        var now = 0.0
        for pause in [10.0, 20, 40, 60, 60] {
            #expect(breaker.state(at: at(now)) == .open(until: at(now + pause)))
            now += pause
            #expect(Self.run(&breaker, Self.failure, at: at(now)))
            #expect(breaker.trip?.cause == .probeFailed)
        }
        now += 60
        #expect(Self.run(&breaker, .success, at: at(now)))
        for _ in 0..<5 { Self.run(&breaker, Self.failure, at: at(now)) }
        #expect(breaker.state(at: at(now)) == .open(until: at(now + 10)))
    }

    @Test("Several probes at once, and several successes to close it")
    func probes() throws {
        var breaker = try Self.opened(CircuitBreakerPolicy(probes: 2, successesToClose: 3))
        var permits: [CircuitPermit] = []
        for _ in 0..<5 { if case .permitted(let permit) = breaker.admit(at: at(60)) { permits.append(permit) } }
        #expect(permits.count == 2)
        for permit in permits { breaker.record(.success, permit, at: at(61)) }
        #expect(breaker.state(at: at(61)) == .halfOpen)
        // A permit counts once.
        breaker.record(.success, permits[0], at: at(61))
        #expect(breaker.state(at: at(61)) == .halfOpen)
        #expect(Self.run(&breaker, .success, at: at(62)))
        #expect(breaker.state(at: at(62)) == .closed)
    }

    @Test("A probe that is lost is replaced when its lease ends; its late outcome moves nothing")
    func lostProbe() throws {
        var breaker = try Self.opened(CircuitBreakerPolicy(probeLease: .seconds(30)))
        guard case .permitted(let lost) = breaker.admit(at: at(60)) else {
            Issue.record("no probe")
            return
        }
        #expect(breaker.admit(at: at(89)) == .refused(until: at(90), try #require(breaker.trip)))
        guard case .permitted(let second) = breaker.admit(at: at(90)) else {
            Issue.record("no second probe")
            return
        }
        breaker.record(.success, lost, at: at(91))
        #expect(breaker.state(at: at(91)) == .halfOpen)
        breaker.record(.success, second, at: at(92))
        #expect(breaker.state(at: at(92)) == .closed)
    }

    @Test("Attempts that started before it opened neither close it nor keep it open")
    func stalePermits() throws {
        var breaker = CircuitBreaker()
        guard case .permitted(let early) = breaker.admit(at: at(0)) else {
            Issue.record("a closed breaker refused")
            return
        }
        for _ in 0..<5 { Self.run(&breaker, Self.failure, at: at(1)) }
        breaker.record(.success, early, at: at(2))
        #expect(breaker.state(at: at(2)) == .open(until: at(61)))
        _ = breaker.admit(at: at(61))
        breaker.record(Self.failure, early, at: at(62))
        breaker.record(.success, early, at: at(62))
        #expect(breaker.state(at: at(62)) == .halfOpen)
    }

    @Test(
        "Interruptions and attempts that never started move no streak, and free a probe's place",
        arguments: [
            CircuitOutcome.ignored, .failure(.init(.canceled)), .failure(.init(.crashed)),
            .failure(.init(.circuitOpen)),
            .failure(.init(.missingSecret)), .failure(.init(.forbiddenAddress)),
        ])
    func ignored(outcome: CircuitOutcome) throws {
        var breaker = CircuitBreaker()
        for _ in 0..<4 { Self.run(&breaker, Self.failure, at: at(0)) }
        for _ in 0..<20 { Self.run(&breaker, outcome, at: at(0)) }
        #expect(breaker.streak == 4 && breaker.state(at: at(0)) == .closed)
        Self.run(&breaker, Self.failure, at: at(0))
        #expect(breaker.state(at: at(0)) == .open(until: at(60)))
        #expect(Self.run(&breaker, outcome, at: at(60)))
        #expect(breaker.state(at: at(60)) == .halfOpen)
        #expect(Self.run(&breaker, .success, at: at(60)))
        #expect(breaker.state(at: at(60)) == .closed)
    }

    @Test("Identical failures open it sooner than failures of all sorts")
    func identical() throws {
        var breaker = try CircuitBreaker(CircuitBreakerPolicy(consecutiveFailures: 11, identicalFailures: 3))
        for index in 0..<8 { Self.run(&breaker, .failure(.http(status: 500 + index % 2)), at: at(0)) }
        #expect(breaker.state(at: at(0)) == .closed)
        for _ in 0..<2 { Self.run(&breaker, .failure(.http(status: 501)), at: at(0)) }
        #expect(breaker.trip?.cause == .identicalFailures && breaker.trip?.failures == 3)
    }

    @Test("A rate of failures over the window opens it, once there are enough attempts")
    func rate() throws {
        let policy = CircuitBreakerPolicy(
            consecutiveFailures: nil,
            failureRate: .init(threshold: 0.5, window: .seconds(10), minimumAttempts: 10))
        var breaker = try CircuitBreaker(policy)
        // Half of nine is not enough of them; old ones are forgotten.
        for index in 0..<9 { Self.run(&breaker, index % 2 == 0 ? Self.failure : .success, at: at(0)) }
        #expect(breaker.state(at: at(0)) == .closed)
        for _ in 0..<9 { Self.run(&breaker, Self.failure, at: at(20)) }
        #expect(breaker.state(at: at(20)) == .closed)
        Self.run(&breaker, Self.failure, at: at(21))
        #expect(breaker.trip?.cause == .failureRate)
        #expect(breaker.trip?.failures == 10 && breaker.trip?.attempts == 10)
    }

    @Test("By hand: opened with a note, closed at once")
    func byHand() {
        var breaker = CircuitBreaker()
        breaker.open(note: "maintenance", at: at(100))
        #expect(breaker.state(at: at(100)) == .open(until: at(160)))
        #expect(breaker.trip?.description == "opened by hand: maintenance")
        breaker.close()
        #expect(breaker.state(at: at(100)) == .closed && breaker.trip == nil)
    }

    @Test("A clock set back does not keep it open for longer", arguments: [0.5, 59, 3600, 3e8])
    func clockSetBack(step: Double) throws {
        var breaker = try Self.opened(at: at(1e9))
        let now = 1e9 - step
        #expect(!Self.run(&breaker, .success, at: at(now)))
        #expect(breaker.state(at: at(now)) == .open(until: at(now + 60)))
        #expect(Self.run(&breaker, .success, at: at(now + 60)))
    }

    @Test("An attempt at the date of a refusal is permitted", arguments: 1...10)
    func refusedUntil(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let now = Double.random(in: 0...4e9, using: &generator)
            let pause = Duration.nanoseconds(Int64.random(in: 1...100_000_000_000, using: &generator))
            var breaker = try Self.opened(
                CircuitBreakerPolicy(openFor: .fixed(pause), probeLease: pause), at: at(now))
            guard case .refused(let until, _) = breaker.admit(at: at(now)) else { continue }
            guard case .permitted = breaker.admit(at: until) else {
                Issue.record("still refused at \(until)")
                return
            }
            guard case .refused(let lease, _) = breaker.admit(at: until) else { continue }
            guard case .permitted = breaker.admit(at: lease) else {
                Issue.record("still refused at the end of the lease")
                return
            }
        }
    }

    @Test(
        "Half-open, it admits no second probe to a caller whose clock reads a little earlier", arguments: [1e-6, 1, 60])
    func halfOpenAdmitsTooMany(step: Double) throws {
        var breaker = try Self.opened(at: at(1e9))
        let now = 1e9 + 1000
        let first = try #require(Self.permit(&breaker, at: at(now)))
        #expect(Self.permit(&breaker, at: at(now - step)) == nil)
        // The lease begins anew where the clock now is, and the first probe still decides.
        #expect(Self.permit(&breaker, at: at(now - step + 299)) == nil)
        breaker.record(.success, first, at: at(now - step + 1))
        #expect(breaker.state(at: at(now)) == .closed)
    }

    @Test("A probe lost before the clock was set far back is replaced after its lease")
    func lostProbeThenClockSetBack() throws {
        var breaker = try Self.opened(at: at(1e9))
        _ = try #require(Self.permit(&breaker, at: at(1e9 + 60)))
        #expect(breaker.admit(at: at(100)) == .refused(until: at(400), try #require(breaker.trip)))
        #expect(Self.permit(&breaker, at: at(400)) != nil)
    }

    @Test(
        "A rate that is exactly the threshold opens it, whatever the decimals",
        arguments: [(0.07, 7), (0.14, 14), (0.28, 28), (0.55, 55), (0.56, 56), (0.29, 29)])
    func exactThreshold(threshold: Double, failures: Int) throws {
        let policy = CircuitBreakerPolicy(
            consecutiveFailures: nil, failureRate: .init(threshold: threshold, minimumAttempts: 100))
        var breaker = try CircuitBreaker(policy)
        for _ in 0..<(100 - failures) { Self.run(&breaker, .success, at: at(0)) }
        for _ in 0..<failures { Self.run(&breaker, Self.failure, at: at(0)) }
        #expect(breaker.trip?.failures == failures)
    }

    @Test("Outcomes that come a moment out of order lose none of the window's counts")
    func windowOutOfOrder() throws {
        let policy = CircuitBreakerPolicy(
            consecutiveFailures: nil,
            failureRate: .init(threshold: 0.5, window: .seconds(10), minimumAttempts: 20))
        var breaker = try CircuitBreaker(policy)
        // Two tasks on either side of a slice's edge.
        for index in 0..<20 {
            Self.run(&breaker, Self.failure, at: at(index % 2 == 0 ? 100 : 99.999))
        }
        #expect(breaker.trip?.failures == 20)
    }
}
