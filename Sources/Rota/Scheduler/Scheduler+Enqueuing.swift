import RotaCore
import RotaSchedule
public import RotaStore

// Work without a schedule. A queue is a job whose schedule is `.onDemand`, so everything a job has, such as its retry
// policy, limits, rates, retention and notifications, is what a queue has.

extension JobDraft {
    /// Describes a queue: a job without a schedule, for work that is enqueued.
    ///
    /// ```swift
    /// try await scheduler.declare(
    ///     [
    ///         JobDraft(queue: "deliver", retry: .exponential(maxAttempts: 12)).with {
    ///             $0.limits.concurrency = 8
    ///         }
    ///     ], owner: "my-app")
    /// try await scheduler.enqueue("deliver", payload: "https://example.com/hook")
    /// ```
    ///
    /// - Parameters:
    ///   - name: The queue's name, from 1 to 255 characters: the job's name and slug.
    ///   - action: What each execution does; `nil` to call the handler that has the queue's name.
    ///   - retry: Whether and when a failed attempt is repeated. The default is three attempts in all.
    ///   - retention: How many finished executions are kept.
    ///   - limits: How many executions may start, and when. By default there are no limits.
    public init(
        queue name: String, action: JobAction? = nil, retry: RetryPolicy = .default, retention: Retention = .standard,
        limits: JobLimits = .none
    ) {
        self.init(
            name: name, schedule: .onDemand, action: action ?? .handler(name), retry: retry, retention: retention,
            limits: limits)
        definition.attributes.slug = name
    }
}

extension Scheduler {
    /// Enqueues work for a handler: one durable execution, without a schedule.
    ///
    /// ```swift
    /// struct Invoice: Codable { var number: Int }
    /// try await scheduler.handle("send-invoice", payload: Invoice.self) { invoice, _ in print(invoice.number) }
    /// let queued = try await scheduler.enqueue("send-invoice", payload: Invoice(number: 7), after: .minutes(10))
    /// print(try await scheduler.waitForCompletion(of: queued.id).status)
    /// ```
    ///
    /// The work goes to the queue of that name: the job without a project whose slug it is. If there is none, it goes
    /// to the only job with that name whose schedule is on demand and that has neither a slug nor a project. If there
    /// is none either, but a handler of the name is registered here, the first call creates the queue
    /// ``JobDraft/init(queue:action:retry:retention:limits:)`` with its defaults. Declare the queue to choose others.
    ///
    /// - Parameters:
    ///   - queue: The queue's name.
    ///   - payload: The value that the handler gets, encoded as JSON where the method is called.
    ///   - delay: How long from now the execution becomes due.
    ///   - request: Everything else: priority, keys, tags, time to live, and a date in place of the delay.
    /// - Returns: The queued execution, or the earlier one with the same idempotency key.
    /// - Throws: ``SchedulerError`` with code `jobNotFound` if there is neither queue nor handler, or `invalidRequest`,
    ///   which includes a name that several queues without a slug have; the encoder's error if the payload cannot be
    ///   encoded; or the store's error.
    /// - Complexity: A slug is found at once. A queue without one is searched among all jobs, so give it a slug.
    @discardableResult
    public nonisolated func enqueue(
        _ queue: String, payload: some Encodable, after delay: Duration = .zero,
        _ request: TriggerRequest = TriggerRequest()
    ) async throws -> Execution {
        var request = request
        request.payload = try JSONPayload(payload)
        return try await enqueue(queue, after: delay, request)
    }

    /// Enqueues work for a handler that takes no payload, or for a queue that sends a request.
    ///
    /// See ``enqueue(_:payload:after:_:)``.
    ///
    /// - Parameters:
    ///   - queue: The queue's name.
    ///   - delay: How long from now the execution becomes due.
    ///   - request: Everything else: payload, priority, keys, tags, time to live, and a date in place of the delay.
    /// - Returns: The queued execution, or the earlier one with the same idempotency key.
    /// - Throws: ``SchedulerError`` with code `jobNotFound` if there is neither queue nor handler, or `invalidRequest`;
    ///   or the store's error.
    @discardableResult
    public func enqueue(
        _ queue: String, after delay: Duration = .zero, _ request: TriggerRequest = TriggerRequest()
    ) async throws -> Execution {
        var request = request
        let check = FieldCheck(code: .invalidRequest, jobName: queue)
        guard delay >= .zero else {
            throw check.fail("A delay must be zero or more, not \(delay.exactText).", value: delay.exactText)
        }
        if delay > .zero {
            guard request.at == nil else {
                throw check.fail("Give either a delay or a date, not both.", value: delay.exactText)
            }
            request.at = context.clock.now.advanced(by: delay)
        }
        return try await trigger(queueJob(queue), request)
    }

    /// Returns the execution that enqueuing work would queue, without queuing it.
    package func prepared(_ queue: String, _ request: TriggerRequest) async throws -> Execution {
        try await context.prepareIDs()
        let execution = try await execution(request, of: job(queueJob(queue)), batch: nil)
        return execution.with(metadata: context.carried(with: execution.metadata))
    }

    /// Enqueues work for the handler that the payload's type names.
    ///
    /// ```swift
    /// struct Invoice: HandlerPayload {
    ///     static let handlerName = "send-invoice"
    ///     var number: Int
    /// }
    /// try await scheduler.handle(Invoice.self) { invoice, _ in print(invoice.number) }
    /// try await scheduler.enqueue(Invoice(number: 7))
    /// ```
    ///
    /// See ``enqueue(_:payload:after:_:)``.
    ///
    /// - Parameters:
    ///   - work: The value that the handler gets, encoded as JSON.
    ///   - delay: How long from now the execution becomes due.
    ///   - request: Everything else: priority, keys, tags, time to live, and a date in place of the delay.
    /// - Returns: The queued execution, or the earlier one with the same idempotency key.
    /// - Throws: ``SchedulerError`` with code `jobNotFound` if there is neither queue nor handler, or `invalidRequest`;
    ///   the encoder's error if the payload cannot be encoded; or the store's error.
    @discardableResult
    public func enqueue<Work: HandlerPayload>(
        _ work: Work, after delay: Duration = .zero, _ request: TriggerRequest = TriggerRequest()
    ) async throws -> Execution {
        try await enqueue(Work.handlerName, payload: work, after: delay, request)
    }

    /// Enqueues many pieces of work in one step, or none of them.
    ///
    /// - Parameters:
    ///   - queue: The queue's name.
    ///   - requests: The requests, at most ``maximumBulk``.
    /// - Returns: For each request, in order, its outcome.
    /// - Throws: The errors of ``enqueue(_:after:_:)-(String,_,_)`` for the first invalid request; or
    ///   ``SchedulerError`` with code `tooMany`.
    @discardableResult
    public func enqueue(_ queue: String, _ requests: [TriggerRequest]) async throws -> BulkTriggerResult {
        try await trigger(queueJob(queue), requests)
    }

    /// Enqueues a batch of work, and other work that follows when all of it has ended, in one step or not at all.
    ///
    /// The follow-up waits in the store, so it survives a crash. It is queued however the executions end: the handler
    /// finds in ``HandlerContext/batch`` how many succeeded, failed, expired or were canceled. Requests for work that
    /// is queued already, by its idempotency key or its uniqueness, are not part of the batch.
    ///
    /// - Parameters:
    ///   - queue: The queue's name.
    ///   - requests: The requests, at most ``maximumBatch``.
    ///   - followUp: The work that follows.
    /// - Returns: For each request, in order, its outcome, and the execution that follows.
    /// - Throws: The errors of ``enqueue(_:after:_:)-(String,_,_)`` for the first invalid request; or
    ///   ``SchedulerError`` with code `tooMany`.
    @discardableResult
    public func enqueue(
        _ queue: String, _ requests: [TriggerRequest], then followUp: TriggerRequest.FollowUp
    ) async throws -> BulkTriggerResult {
        try await context.prepareIDs()
        guard requests.count <= Self.maximumBatch else {
            throw SchedulerError.tooMany(requests.count, Self.maximumBatch)
        }
        return try await enqueue(
            requests, of: queueJob(queue), then: followUp.request, of: queueJob(followUp.queue))
    }

    /// Returns the job of a queue, which is created if only its handler exists.
    private func queueJob(_ name: String) async throws -> JobID {
        if let job = try await findJob(slug: name, project: nil) { return job.id }
        let named = try await jobs(allNamed: name)
        let queues = named.filter {
            $0.schedule.isOnDemand && $0.attributes.slug == nil && $0.attributes.project == nil
        }
        guard queues.count < 2 else {
            throw SchedulerError(
                .invalidRequest,
                "Several queues without a slug are named \"\(name)\", among them \(queues[0].id) and \(queues[1].id). Give "
                    + "the one that is meant the slug \"\(name)\", or use `trigger(_:_:)` with its identifier.",
                value: name)
        }
        if let queue = queues.first { return queue.id }
        guard handlers[name] != nil else { throw try await missingQueue(name, hint: named.first?.hintAtTriggering) }
        guard JobAttributes.isSlug(name) else {
            throw SchedulerError(
                .invalidRequest,
                "No queue can be made for the handler \"\(name.clipped(to: 255))\", because its name is not a slug, which has "
                    + "1 to 255 letters a–z and A–Z, digits, and - . _ ~. Declare one with "
                    + "`JobDraft(queue: \"a-slug\", action: .handler(…))` and enqueue by its slug.", value: name)
        }
        var draft = JobDraft(queue: name)
        draft.idempotencyKey = "queue/\(name)"
        let job: Job
        do { job = try await create(draft) } catch let error as StoreError where error.code == .duplicate {
            // Another process has declared the queue since.
            guard let other = try await findJob(slug: name, project: nil) else { throw error }
            return other.id
        }
        // The queue of this name may have been given another slug or a project since.
        guard job.definition.attributes.slug == name, job.definition.attributes.project == nil else {
            throw try await missingQueue(name, hint: job.hintAtTriggering)
        }
        return job.id
    }

    /// The error for a queue that does not exist, with the names of those that do, the most similar ones first.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - hint: What is to be said of a job with that name, if there is one.
    private func missingQueue(_ name: String, hint: String?) async throws -> SchedulerError {
        let page = try await context.store.jobs(JobQuery(limit: 1000))
        let queues = page.items.compactMap { job -> String? in
            guard job.schedule.isOnDemand, job.attributes.project == nil else { return nil }
            return job.attributes.slug
        }
        // A handler has a queue of its name as soon as work is enqueued.
        let known = Spelling.nearest(
            to: name, among: queues + handlers.names.filter { !queues.contains($0) && $0 != name })
        let shown = known.prefix(5).map { "\"\($0)\"" }
        let list =
            switch shown.count {
            case 0: "There is no queue yet"
            case 1: "There is \(shown[0])"
            case _ where known.count > shown.count || page.next != nil:
                "There are \(shown.joined(separator: ", ")) and others"
            default: "There are \(shown.dropLast().joined(separator: ", ")) and \(shown[shown.count - 1])"
            }
        return SchedulerError(
            .jobNotFound,
            "There is no queue \"\(name)\", and no handler of that name is registered here, or the queue was given another "
                + "slug. \(hint.map { "\($0) " } ?? "")\(list). Declare the queue with `JobDraft(queue:)`, or register the handler first.",
            value: name)
    }
}

extension Job {
    /// Says how to trigger a job that has the name of a queue, but is not found by it.
    fileprivate var hintAtTriggering: String {
        if !schedule.isOnDemand {
            return "The job named \"\(name)\" has a schedule: use `trigger(_:_:)` with its identifier, \(id)."
        }
        if let project = definition.attributes.project {
            return
                "The queue named \"\(name)\" is in the project \"\(project)\": use `trigger(_:_:)` with its identifier, "
                + "\(id)."
        }
        return "The queue named \"\(name)\" has the slug \"\(definition.attributes.slug ?? "")\": enqueue by that."
    }
}
