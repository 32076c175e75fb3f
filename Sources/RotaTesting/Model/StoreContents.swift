import Foundation
package import RotaSchedule
package import RotaStore

/// All records that a store returns.
package struct StoreContents: Equatable {
    package var jobs: [Job] = []
    package var executions: [Execution] = []
    package var skips: [JobID: [SkippedOccurrence]] = [:]
    package var versions: [JobID: [Version]] = [:]
    package var dependencies: [JobID: [JobDependency]] = [:]
    package var owners: [String: JobOwner] = [:]
    package var calendars: [String: ScheduleCalendar] = [:]
    /// The calendars with which each job's schedule is computed, in which two equal jobs may differ.
    package var bound: [JobID: [String: ScheduleCalendar]] = [:]
    package var counts = StoreCounts()

    /// A version without its date and author, which the contract checks.
    package struct Version: Equatable {
        var number: Int
        var definition: JobDefinition

        init(_ version: JobVersion) {
            number = version.version
            definition = version.definition
        }
    }

    /// Reads the records of the reference tables.
    package init(_ tables: ReferenceTables) {
        jobs = tables.jobs.sorted { $0.id < $1.id }
        executions = tables.executions.sorted { $0.id < $1.id }
        for job in jobs {
            skips[job.id] = tables.skips(of: job.id)
            versions[job.id] = tables.versions(of: job.id).map(Version.init)
            dependencies[job.id] = tables.dependencies(of: job.id)
        }
        owners = tables.owners
        calendars = tables.calendars
        bind()
        counts = tables.counts()
    }

    /// Reads the records of the built-in stores' state machine.
    package init(_ state: StoreState) {
        jobs = state.jobs.values.sorted { $0.id < $1.id }
        executions = state.executions.values.sorted { $0.id < $1.id }
        for job in jobs {
            skips[job.id] = state.histories[job.id]?.skips ?? []
            versions[job.id] = state.versions(of: job.id).map(Version.init)
            dependencies[job.id] = state.dependencies(of: job.id)
        }
        owners = state.owners
        calendars = state.calendars
        bind()
        counts = state.counts()
    }

    /// Reads the records of a store page by page.
    package init(_ store: any JobStore) async throws {
        var after: PageCursor?
        repeat {
            let page = try await store.jobs(JobQuery(limit: 100, after: after))
            jobs += page.items
            after = page.next
        } while after != nil
        repeat {
            let page = try await store.executions(ExecutionQuery(order: .ascending, limit: 100, after: after))
            executions += page.items
            after = page.next
        } while after != nil
        for name in StoreScript.owners { owners[name] = try await store.owner(name) }
        calendars = try await store.calendars()
        bind()
        for job in jobs {
            skips[job.id] = try await store.skips(of: job.id)
            versions[job.id] = try await store.versions(of: job.id).map(Version.init)
            dependencies[job.id] = try await store.dependencies(of: job.id)
        }
        counts = try await store.counts()
    }

    private mutating func bind() {
        for job in jobs where job.definition.schedule.namesCalendars {
            bound[job.id] = job.definition.schedule.boundCalendars
        }
    }

    /// Describes the first difference from the expected records, or returns `nil` without one.
    package func difference(from expected: StoreContents) -> String? {
        func first<Record: Identifiable & Equatable>(_ name: String, _ here: [Record], _ there: [Record]) -> String? {
            guard let place = zip(here, there).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset
            else {
                return here.count == there.count ? nil : "expected \(there.count) \(name)s, but there are \(here.count)"
            }
            return "\(name) \(there[place].id): " + RecordDifference.between(here[place], and: there[place])
        }
        func rest<Value: Equatable>(_ name: String, _ here: Value, _ there: Value) -> String? {
            here == there ? nil : "the \(name): " + RecordDifference.between(here, and: there)
        }
        let differences = [
            first("job", jobs, expected.jobs), first("execution", executions, expected.executions),
            rest("skips", skips, expected.skips), rest("versions", versions, expected.versions),
            rest("dependencies", dependencies, expected.dependencies), rest("owners", owners, expected.owners),
            rest("calendars", calendars, expected.calendars), rest("calendars of jobs", bound, expected.bound),
            rest("counts", counts, expected.counts),
        ]
        return differences.compactMap(\.self).first
    }
}

/// Describes where two values differ, by the lines of their dumps.
enum RecordDifference {
    /// Describes the first few lines in which two values differ.
    static func between(_ value: some Any, and expected: some Any) -> String {
        let (here, there) = (lines(of: value), lines(of: expected))
        let same = zip(here, there).prefix { $0 == $1 }.count
        func part(_ lines: [Substring]) -> String {
            lines.dropFirst(same).prefix(4).map { $0.trimmingPrefix(while: { $0 == " " }) }.joined(separator: "; ")
        }
        let path = here.prefix(same).suffix(2).map { $0.trimmingPrefix(while: { $0 == " " }) }.joined(separator: " ")
        return "after \"\(path)\" expected \"\(part(there))\", but got \"\(part(here))\""
    }

    private static func lines(of value: some Any) -> [Substring] {
        var text = ""
        dump(value, to: &text)
        return text.split(separator: "\n")
    }
}
