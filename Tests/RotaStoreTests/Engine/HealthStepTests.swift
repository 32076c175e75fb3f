import Foundation
import RotaTestSupport
import RotaTesting
import Testing

@testable import RotaStore

@Suite("Steps of questions about health")
struct HealthStepTests {
    @Test("The second question, after another end, reads no more of a long history than of a short one")
    func secondQuestion() throws {
        var steps: [Int] = []
        for size in [1_000, 10_000, 100_000] {
            var state = StoreState()
            var log = ChangeLog(isRecording: false)
            var job = try StoreSamples.job(1, retention: .last(1_000_000))
            job.definition.attributes.group = "g"
            _ = try state.insert([JobInsertion(job)], log: &log)
            func end(_ number: Int) -> Execution {
                let date = StoreSamples.start.addingTimeInterval(Double(number))
                var execution = job.execution(
                    id: ExecutionID(bits: UInt128(number)), source: .manual, scheduledFor: date, createdAt: date)
                execution.progress.status = number.isMultiple(of: 5) ? .failed : .succeeded
                execution.progress.startedAt = date
                execution.progress.finishedAt = date.addingTimeInterval(Double(number * 7919 % 997))
                return execution
            }
            for number in 1...size { state.put(end(number)) }
            let now = StoreSamples.start.addingTimeInterval(Double(size + 1))
            let scopes: [JobHealth.Scope] = [.job(job.id), .group("g"), .all]
            for scope in scopes { #expect(state.health(of: scope, over: .week, at: now).total == size) }
            let taken = StepCounter.steps {
                state.put(end(size + 1))
                for scope in scopes { #expect(state.health(of: scope, over: .week, at: now).total == size + 1) }
            }
            if let taken { steps.append(taken) }
        }
        guard let first = steps.first, let last = steps.last else { return }
        #expect(first > 0 && last < first + 200, "\(steps)")
    }
}
