import RotaHTTP

/// `rota jobs deps`: what a job waits for.
enum JobDependencies {
    static let command = Session.command(
        "deps", "List, add or remove what a job waits for",
        details: """
            An execution waits for that of the other job with the same idempotency key or dependency key, or else for the
            other job's latest one.
            """,
        arguments: [JobCommands.id],
        options: [
            .value("add", as: "JOB", .jobs, help: "A job to wait for"),
            .choice("condition", of: ["completed", "failed", "any"], help: "How its execution must end; completed"),
            .value("remove", as: "ID", help: "A dependency, or the job it leads to, to remove"),
        ]
    ) { session in
        let arguments = session.arguments
        let job = try await session.connection.get("jobs", arguments.argument(0) ?? "")
        let (id, name) = (job["id"]?.string ?? "", job["name"]?.string ?? "")
        guard arguments.text("condition") == nil || arguments.text("add") != nil else {
            throw Failure.usage("--condition needs --add.")
        }
        switch (arguments.text("add"), arguments.text("remove")) {
        case (_?, _?): throw Failure.usage("Give one of --add and --remove.")
        case (let other?, nil):
            let body = JSONValue.record([
                ("dependsOn", .string(other)), ("condition", arguments.text("condition").map { .string($0) }),
            ])
            let dependency = try await session.connection.post("jobs", id, "dependencies", body: body)
            session.printer.changed(dependency, "\(name) waits for \(other) (\(dependency["id"]?.string ?? "")).")
        case (nil, let text?):
            let dependency = try await find(text, of: id, session)
            _ = try await session.connection.send("DELETE", ["jobs", id, "dependencies", dependency])
            session.printer.changed(
                ["id": .string(dependency), "deleted": true], "\(name) no longer waits for \(text).")
        case (nil, nil): try await list(id, session)
        }
        return .done
    }

    private static func list(_ id: String, _ session: Session) async throws {
        let found = try await session.connection.get("jobs", id, "dependencies")
        session.printer.list(
            found.items,
            columns: [
                Column("ID", "id"), Column("DEPENDS ON", "dependsOn"), Column("CONDITION", "condition"),
                Column("CREATED", wide: true) { session.printer.times.text($0["createdAt"]) },
            ], nothing: "It depends on nothing.")
    }

    /// The identifier of a dependency that is named by itself or by the job it leads to.
    private static func find(_ text: String, of id: String, _ session: Session) async throws -> String {
        let found = try await session.connection.get("jobs", id, "dependencies").items
        if found.contains(where: { $0["id"]?.string == text }) { return text }
        let other = try await session.connection.get("jobs", text)["id"]
        guard let dependency = found.first(where: { $0["dependsOn"] == other })?["id"]?.string else {
            throw Failure(.notFound, "It does not depend on \(text). \"rota jobs deps JOB\" lists what it depends on.")
        }
        return dependency
    }
}
