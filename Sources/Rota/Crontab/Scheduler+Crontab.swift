import Foundation
public import RotaRetry
public import RotaStore

extension Scheduler {
    /// Creates a job for every line of a crontab, in one atomic step.
    ///
    /// The same text can be imported repeatedly: a line that was imported before, and whose job still exists, adds
    /// nothing. With a name, the jobs belong to the crontab of that name, and have it as the tag `crontab`. Importing
    /// an edited text under the same name also pauses or deletes the jobs whose lines are gone; to edit a line is to
    /// remove it and to add another. A line that returns resumes the job that was paused for its absence. Without a
    /// name, removing a line leaves its job unchanged.
    ///
    /// ```swift
    /// let text = "@hourly https://api.example.com/refresh"
    /// let result = try await scheduler.importCrontab(text, named: "web-1")
    /// print("\(result.added) jobs are new, \(result.removed.count) lost their line")
    /// ```
    ///
    /// - Parameters:
    ///   - text: The lines, as ``Crontab`` reads them. At most ``maximumBatch`` of them may be jobs.
    ///   - name: The crontab's name, from 1 to 64 characters, or `nil` to add to what is there.
    ///   - removedLines: The treatment of jobs of this name whose lines are gone. It needs a text without invalid
    ///     lines: a line with a mistake is not a removed one.
    ///   - defaultURL: The URL of lines without one, or `nil` if every line must have one.
    ///   - zone: The time zone of the expressions before any `CRON_TZ`, as an IANA identifier.
    ///   - policy: Whether an invalid line prevents the import of the others.
    ///   - retry: The retry policy of the jobs.
    ///   - attributes: The attributes of the jobs, such as a group, without a slug.
    ///   - author: The author of the import, if it is to be recorded.
    /// - Throws: ``Crontab/ParseError`` if lines are invalid and the policy is all or nothing; ``SchedulerError`` with
    ///   code `invalidJob`, `invalidRequest` or `tooMany`; or the store's error. Then no job was created. If the store
    ///   fails after that, jobs of removed lines may be left; importing the text again continues with them.
    @discardableResult
    public func importCrontab(
        _ text: String, named name: String? = nil, removedLines: Crontab.ImportResult.RemovedLines = .pause,
        defaultURL: String? = nil, in zone: String = "UTC", policy: Crontab.ImportResult.Policy = .allOrNothing,
        retry: RetryPolicy = .default, attributes: JobAttributes = .none, author: String? = nil
    ) async throws -> Crontab.ImportResult {
        try FieldCheck(code: .invalidRequest).length(of: name, "The name of a crontab", 1...64)
        guard attributes.slug == nil else {
            throw SchedulerError(
                .invalidRequest, "A slug must be unique, so the jobs of a crontab cannot share one. Leave it out.",
                value: attributes.slug)
        }
        let crontab =
            switch policy {
            case .allOrNothing: try Crontab(text, defaultURL: defaultURL, in: zone)
            case .validLines: Crontab(validLinesOf: text, defaultURL: defaultURL, in: zone)
            }
        let outcomes = try await insert(
            crontab.entries.map { entry in
                var draft = entry.draft(retry: retry)
                if attributes != .none { draft.definition.attributes = attributes }
                draft.author = author
                guard let name else { return draft }
                draft.definition.attributes.tags[Crontab.ImportResult.tag] = name
                // Two crontabs may have the same line.
                draft.idempotencyKey = "\(name.debugDescription)|\(entry.key)"
                return draft
            })
        var jobs: [Job] = []
        var added = 0
        for outcome in outcomes {
            switch outcome {
            case .existing(let job): jobs.append(try await restored(job, to: name, author: author))
            case .inserted(let job):
                jobs.append(job)
                added += 1
            }
        }
        var removed: [Job] = []
        if let name, crontab.problems.isEmpty {
            removed = try await remove(removedLines, of: name, keeping: Set(jobs.map(\.id)), author: author)
        }
        return Crontab.ImportResult(
            jobs: jobs, added: added, removed: removed, problems: crontab.problems, settings: crontab.settings)
    }

    /// Resumes a job that was paused because its line was gone.
    private func restored(_ job: Job, to name: String?, author: String?) async throws -> Job {
        guard let name, job.state == .paused, job.scheduleState.reason == Crontab.ImportResult.reason(name) else {
            return job
        }
        return try await resume(job.id, author: author)
    }

    /// Pauses or deletes the jobs of a crontab whose lines are gone.
    ///
    /// - Returns: The jobs that were changed.
    private func remove(
        _ removedLines: Crontab.ImportResult.RemovedLines, of name: String, keeping kept: Set<JobID>, author: String?
    ) async throws -> [Job] {
        guard removedLines != .keep else { return [] }
        var leftovers: [Job] = []
        var query = JobQuery(limit: 1000)
        query.tags = [Crontab.ImportResult.tag: name]
        repeat {
            let page = try await self.jobs(query)
            leftovers += page.items.filter { !kept.contains($0.id) }
            query.after = page.next
        } while query.after != nil
        if removedLines == .delete {
            let gone = Set(try await deleteNow(leftovers.map(\.id)))
            return leftovers.filter { gone.contains($0.id) }
        }
        var paused: [Job] = []
        // A job that is paused without an end does not fire, and keeps the reason that it has.
        for job in leftovers where job.scheduleState.allowsFire {
            paused.append(try await pause(job.id, reason: Crontab.ImportResult.reason(name), author: author))
        }
        return paused
    }
}

extension Crontab {
    /// The result of importing a crontab.
    public struct ImportResult: Sendable {
        /// The treatment of a text with invalid lines.
        public enum Policy: Sendable, Hashable {
            /// Import nothing, and throw an error that lists them.
            case allOrNothing
            /// Import the valid lines, and list the others.
            case validLines
        }

        /// The treatment of jobs whose lines are gone from the text.
        public enum RemovedLines: Sendable, Hashable {
            /// Pause them. They keep their history, and resume when their line returns.
            case pause
            /// Delete them, with their executions.
            case delete
            /// Leave them as they are.
            case keep
        }

        /// The jobs of the valid lines, in order, both new ones and those imported before.
        public let jobs: [Job]
        /// The number of jobs that are new.
        public let added: Int
        /// The jobs that this import paused or deleted because their lines are gone.
        public let removed: [Job]
        /// The lines that could not be read.
        public let problems: [Crontab.ParseError.Problem]
        /// The settings.
        ///
        /// Only time zones have an effect.
        public let settings: [Crontab.Setting]

        /// The tag with the name of a job's crontab.
        static let tag = "crontab"

        /// The reason shown for a job that is paused because its line is gone.
        static func reason(_ name: String) -> String {
            "Its line is no longer in the crontab \"\(name)\"."
        }
    }
}
