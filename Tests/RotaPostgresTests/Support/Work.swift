#if Postgres
    import Foundation
    import Rota
    import RotaStore

    extension Job {
        /// A new queue: a job without a schedule, whose handler is "work".
        static func queue() -> Job {
            Job(
                id: JobID(bits: .random(in: 1 ... .max)),
                definition: JobDefinition(name: "work", schedule: .onDemand, action: .handler("work")), createdAt: .now,
                scheduleState: ScheduleState(state: .active, decidedThrough: .now, next: nil))
        }

        /// A new execution of it, which is due now.
        func work() -> Execution {
            execution(
                id: ExecutionID(bits: .random(in: 1 ... .max)), source: .manual, scheduledFor: .now, createdAt: .now)
        }
    }
#endif
