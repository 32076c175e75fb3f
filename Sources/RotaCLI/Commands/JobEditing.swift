import Foundation
import RotaHTTP

/// `rota jobs edit`: a definition changed by options, or in an editor.
enum JobEditing {
    static let command = Session.command(
        "edit", "Change a job, by options or in an editor",
        details: """
            Without options it opens the definition in the editor that VISUAL or EDITOR names, and changes what you
            changed. If the job was changed meanwhile, or the server refuses the text, the file is kept, and
            --definition FILE tries again. An empty text takes a description, group, slug or project away, as in
            --description "".
            """,
        arguments: [JobCommands.id],
        options: JobDrafting.options + [
            .value("remove-tag", as: "NAME", repeats: true, help: "A tag to take away"),
            .value("remove-header", as: "NAME", repeats: true, help: "A header field to take away"),
            .flag("dry-run", help: "Only tell when it would run, and what is wrong with it"),
        ]
    ) { session in
        let id = session.arguments.argument(0) ?? ""
        let job = try await session.connection.get("jobs", id)
        let present = job["definition"] ?? .object([])
        let names = JobDrafting.options.map(\.name) + ["remove-tag", "remove-header"]
        let describes = names.contains { session.arguments.values[$0] != nil }
        if !describes, let editor = editor(session.console) { return try await edit(session, job, with: editor) }
        let asked = try JobDrafting.definition(session, from: JobDrafting.base(session) ?? present)
        guard !describes || !asked.isEquivalent(to: present) else {
            session.printer.remark("Nothing was changed.")
            return .done
        }
        return try await change(session, job, to: asked)
    }

    /// The editor that the user chose, or that every system has at a terminal.
    private static func editor(_ console: Console) -> String? {
        console.variable("VISUAL") ?? console.variable("EDITOR") ?? (console.terminal.isInteractive ? "vi" : nil)
    }

    /// Lets the user change the text of the definition.
    private static func edit(_ session: Session, _ job: JSONValue, with editor: String) async throws -> ExitCode {
        let draft = try DraftFile(named: job["slug"]?.string ?? job["id"]?.string ?? "job")
        do {
            let before = (job["definition"] ?? .object([])).prettyText + "\n"
            try draft.write(before)
            guard session.console.edit(editor, draft.path) == 0 else {
                throw Failure(.failed, code: "editor_failed", "The editor \(editor) failed, and nothing was changed.")
            }
            let text = try session.console.readText(draft.path)
            guard text != before else {
                draft.remove()
                session.printer.remark("Nothing was changed.")
                return .done
            }
            let exit = try await change(session, job, to: JobDrafting.parsed(text, draft.path))
            if session.arguments.has("dry-run") {
                session.printer.remark("The text is kept: --definition \(draft.path)")
            } else {
                draft.remove()
            }
            return exit
        } catch let failure as Failure {
            let advice =
                failure.exit != .conflict
                ? "Your text is kept:"
                : "Your text is kept. This applies it, and undoes what others have changed meanwhile:"
            var kept = Failure(
                failure.exit, code: failure.code,
                "\(failure.message) \(advice) rota jobs edit \(session.arguments.argument(0) ?? "") --definition "
                    + draft.path)
            (kept.details, kept.requestID) = (failure.details, failure.requestID)
            throw kept
        }
    }

    /// Changes the job's definition to another one, or previews that.
    ///
    /// The job must still be as it was read: tags and headers are sent as wholes, and would undo others' changes.
    private static func change(
        _ session: Session, _ job: JSONValue, to definition: JSONValue
    ) async throws -> ExitCode {
        let change = Self.change(from: job["definition"] ?? .object([]), to: definition)
        guard !change.members.isEmpty else {
            throw Failure.usage("There is nothing to change. See rota jobs edit --help.")
        }
        if session.arguments.has("dry-run") {
            let state = job["state"]?.string == "completed" ? nil : job["state"]
            return try await JobDrafting.show(
                session,
                preview: .record([("definition", JobDrafting.withoutMarks(definition)), ("state", state)]))
        }
        let revision = job["revision"]?.int
        let id = job["id"]?.string ?? ""
        let new = try await session.connection.send(
            "PATCH", ["jobs", id], headers: revision.map { [("If-Match", "\"\($0)\"")] } ?? [],
            body: ["definition": change])
        let names = change.members.map(\.name).joined(separator: ", ")
        session.printer.changed(
            new, "Changed \(names) of \(new["name"]?.string ?? id). It is version \(new["version"]?.cell ?? "?").")
        return .done
    }

    /// The members whose server merges them one by one.
    private static let merged: Set<String> = ["attributes", "retry", "limits", "retention", "schedule"]

    /// The change that makes one definition the other, with nulls for what is gone.
    static func change(from old: JSONValue, to new: JSONValue) -> JSONValue {
        differences(old, new) { name, before, after in
            switch name {
            case _ where merged.contains(name): return differences(before, after)
            case "action":
                guard let old = before["http"], let new = after["http"] else { return after }
                return ["http": differences(old, new)]
            default: return after
            }
        }
    }

    private static func differences(
        _ old: JSONValue, _ new: JSONValue,
        _ inner: (_ name: String, JSONValue, JSONValue) -> JSONValue = { _, _, after in after }
    ) -> JSONValue {
        guard case .object(let before) = old, case .object(let after) = new else { return new }
        let gone = before.filter { new[$0.name] == nil }.map { JSONValue.Member($0.name, .null) }
        let changed = after.compactMap { member -> JSONValue.Member? in
            guard let present = old[member.name] else { return member }
            guard !present.isEquivalent(to: member.value) else { return nil }
            return JSONValue.Member(member.name, inner(member.name, present, member.value))
        }
        return .object(gone + changed)
    }
}

/// A file that only this user can read, for text that is being edited.
private struct DraftFile {
    let path: String
    private let folder: URL

    init(named name: String) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "rota-\(UUID().uuidString)")
        let safe = name.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        path = folder.appending(path: "\(safe.isEmpty ? "job" : safe).json").path(percentEncoded: false)
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    func write(_ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }
}
