import Foundation
import RotaStore

extension StoreContract {
    /// Occurrences that are due while an earlier scheduled execution is unfinished.
    static let overlap: [Check] = [
        Check("executions overlap by default") { probe in
            let job = probe.job()
            try await probe.insert(job)
            _ = try await probe.store.fire([probe.fire(job, at: 60, 120)])
            try probe.expect(await probe.claim(at: 200).count, 2, "the number of concurrent executions")
        },
        Check("an occurrence is skipped while an earlier scheduled execution is unfinished") { probe in
            let job = probe.job { $0.overlap = .skip }
            try await probe.insert(job, executions: [probe.execution(of: job)])
            _ = try await probe.store.fire([probe.fire(job, at: 60, 120)])
            try await probe.expectSkips(of: job, [120: .overlap])
            try probe.expect(
                await probe.executions(ExecutionQuery(from: probe.at(60))).count, 1, "the scheduled executions")
            // A manual execution blocks nothing, but one that waits for its external completion is unfinished.
            for claim in try await probe.claim(at: 60) {
                let isManual = claim.execution.source == .manual
                try await probe.finish(claim, isManual ? .succeeded : .waiting(until: nil), at: 61)
            }
            _ = try await probe.store.fire([probe.fire(try await probe.job(job.id), at: 180)])
            try await probe.expectSkips(of: job, [120: .overlap, 180: .overlap])
            for execution in try await probe.executions(ExecutionQuery(statuses: [.waiting])) {
                _ = try await probe.cancel(execution.id)
            }
            _ = try await probe.store.fire([probe.fire(try await probe.job(job.id), at: 240)])
            try await probe.expectSkips(of: job, [120: .overlap, 180: .overlap])
        },
        Check("scheduled executions queue up to the limit and run one at a time") { probe in
            let job = probe.job { $0.overlap = .queue(limit: 2) }
            try await probe.insert(job)
            let fire = probe.fire(job, at: 60, 120, 180, 240)
            _ = try await probe.store.fire([fire])
            try await probe.expectSkips(of: job, [240: .overlap])
            let first = try await probe.claimOne(at: 300)
            try probe.expect(first.execution.scheduledFor, probe.at(60), "the first occurrence")
            try await probe.finish(first, .retry(at: probe.at(400), after: probe.failure), at: 310)
            try probe.expect(
                await probe.claim(at: 320), [], "the executions that can run while the first waits for its retry")
            let again = try await probe.claimOne(at: 400)
            try probe.expect(again.execution.id, first.execution.id, "the execution claimed for the retry")
            try await probe.store.enqueue([probe.execution(of: job, at: 0)])
            try probe.expect(
                await probe.claim(at: 401).map(\.execution.source), [.manual],
                "the sources of other executions that can run")
            try await probe.finish(again, .waiting(until: nil), at: 402)
            try probe.expect(await probe.claim(at: 403), [], "the executions that can run while the first is waiting")
            _ = try await probe.cancel(again.execution.id, at: 404)
            let second = try await probe.claimOne(at: 405)
            try probe.expect(second.execution.scheduledFor, probe.at(120), "the second occurrence")
        },
        Check("an occurrence replaces executions that have not started") { probe in
            let job = probe.job { $0.overlap = .replace }
            let manual = probe.execution(of: job, at: 5000)
            try await probe.insert(job, executions: [manual])
            let first = probe.fire(job, at: 60)
            _ = try await probe.store.fire([first])
            let second = probe.fire(try await probe.job(job.id), at: 120)
            guard case .fired(let fired, _, let replaced) = try await probe.only(probe.store.fire([second])) else {
                throw ContractViolation("the second occurrence did not fire")
            }
            try probe.expect(fired, second.executions, "the queued executions")
            try probe.expect(replaced.map(\.id), first.executions.map(\.id), "the replaced executions")
            let old = try await probe.execution(first.executions[0].id)
            try probe.expect([old], replaced, "the replaced execution as stored")
            try probe.expect(old.progress.status, .canceled, "its status")
            try probe.require(old.progress.cancelReason != nil, "a cancellation reason")
            try probe.expect(
                await probe.claim(at: 130).map(\.execution.id), second.executions.map(\.id),
                "the executions that can run")
            try probe.expect(await probe.execution(manual.id), manual, "the manual execution")
        },
        Check("an occurrence that replaces a running execution waits for its end") { probe in
            let job = probe.job { $0.overlap = .replace }
            try await probe.insert(job)
            _ = try await probe.store.fire([probe.fire(job, at: 60)])
            let running = try await probe.claimOne(at: 60)
            let second = probe.fire(try await probe.job(job.id), at: 120)
            guard case .fired(_, _, let replaced) = try await probe.only(probe.store.fire([second])) else {
                throw ContractViolation("the second occurrence did not fire")
            }
            try probe.expect(replaced.map(\.id), [running.execution.id], "the replaced executions")
            try probe.expect(replaced.map(\.progress.status), [.running], "its status")
            try probe.expect(await probe.renew(running, until: 200), .cancelRequested, "the outcome of its renewal")
            try probe.expect(await probe.claim(at: 125), [], "the executions that can run before it has finished")
            try await probe.finish(running, .canceled, at: 130)
            try probe.expect(
                await probe.claim(at: 130).map(\.execution.id), second.executions.map(\.id),
                "the executions that can run then")
        },
        Check("an occurrence replaces an expired execution that was not pruned yet") { probe in
            let job = probe.job { definition in
                definition.overlap = .replace
                definition.limits.timeToLive = .seconds(10)
            }
            try await probe.insert(job)
            let first = probe.fire(job, at: 60)
            _ = try await probe.store.fire([first])
            try probe.expect(await probe.claim(at: 200), [], "the executions that can run after the first expired")
            let second = probe.fire(try await probe.job(job.id), at: 240)
            guard case .fired(_, _, let replaced) = try await probe.only(probe.store.fire([second])) else {
                throw ContractViolation("the second occurrence did not fire")
            }
            try probe.expect(replaced.map(\.id), first.executions.map(\.id), "the replaced executions")
        },
        Check("a policy that counts triggered executions skips while one is unfinished, and delays none") { probe in
            let job = probe.job { $0.overlap = .skip.countingTriggered() }
            try await probe.insert(job, executions: [probe.execution(of: job)])
            let manual = try await probe.claimOne()
            _ = try await probe.store.fire([probe.fire(job, at: 60)])
            try await probe.expectSkips(of: job, [60: .overlap])
            try await probe.finish(manual, .succeeded, at: 61)
            _ = try await probe.store.fire([probe.fire(try await probe.job(job.id), at: 120)])
            try await probe.expectSkips(of: job, [60: .overlap])
            let scheduled = try await probe.claimOne(at: 120)
            try probe.expect(scheduled.execution.source, .schedule, "the source of the execution that fired")
            try await probe.store.enqueue([probe.execution(of: job, at: 121)])
            try probe.expect(
                await probe.claim(at: 121).map(\.execution.source), [.manual], "the executions that can run beside it")
        },
        Check("a queue that counts triggered executions runs all executions of the job one at a time") { probe in
            let job = probe.job { $0.overlap = .queue.countingTriggered() }
            try await probe.insert(job, executions: [probe.execution(of: job, at: 5)])
            let first = try await probe.claimOne(at: 10, lease: 1000)
            _ = try await probe.store.fire([probe.fire(job, at: 60, 120)])
            try await probe.expectSkips(of: job, [120: .overlap])
            try await probe.store.enqueue([probe.execution(of: job, at: 70)])
            try probe.expect(await probe.claim(at: 130), [], "the executions that can run beside a triggered one")
            try await probe.finish(first, .succeeded, at: 131)
            let second = try await probe.claimOne(at: 132, lease: 1000)
            try probe.expect(second.execution.scheduledFor, probe.at(60), "the nominal date of the second")
            try await probe.finish(second, .succeeded, at: 133)
            let third = try await probe.claimOne(at: 134, lease: 1000)
            try probe.expect(third.execution.scheduledFor, probe.at(70), "the nominal date of the third")
        },
        Check("an occurrence replaces triggered executions if its policy counts them") { probe in
            let job = probe.job { $0.overlap = .replace.countingTriggered() }
            let delayed = probe.execution(of: job, at: 5000)
            let notification = probe.execution(of: job, at: 5000, source: .notification)
            try await probe.insert(job, executions: [probe.execution(of: job), delayed, notification])
            let running = try await probe.claimOne(at: 10, lease: 1000)
            guard
                case .fired(let fired, _, let replaced) = try await probe.only(
                    probe.store.fire([probe.fire(job, at: 60)]))
            else { throw ContractViolation("the occurrence did not fire") }
            try probe.expect(
                Set(replaced.map(\.id)), [running.execution.id, delayed.id], "the replaced executions")
            try probe.expect(await probe.execution(delayed.id).status, .canceled, "the status of the delayed one")
            try probe.expect(await probe.execution(notification.id), notification, "the notification")
            try probe.expect(await probe.claim(at: 61), [], "the executions that can run before the running one ends")
            try await probe.finish(running, .canceled, at: 62)
            try probe.expect(
                await probe.claim(at: 63).map(\.execution.id), fired.map(\.id), "the executions that can run then")
        },
        Check("an execution that awaits its batch holds nothing up where all executions run one at a time") { probe in
            let job = probe.job { $0.overlap = .replace.countingTriggered() }
            try await probe.insert(job)
            let batch = BatchID(bits: 9)
            let member = probe.execution(of: job, at: 2) { $0.batchID = batch }
            let followUp = probe.execution(of: job, at: 1) { $0.awaitedBatch = batch }
            _ = try await probe.store.enqueue([member, followUp])
            let first = try await probe.claimOne(at: 10)
            try probe.expect(first.execution.id, member.id, "the execution claimed first")
            try await probe.finish(first, .succeeded, at: 20)
            try probe.expect(await probe.claimOne(at: 30).execution.id, followUp.id, "the execution claimed then")
        },
    ]
}
