import Foundation
import RotaHTTP

/// `rota secrets`: the secrets to which jobs refer as `secret://name`.
///
/// They are files of a folder beside the store. No route of a server shows or takes them, so the commands work on the
/// folder itself, on the machine of the server, which reads a secret again for each request.
enum SecretCommands {
    static let group = Command(
        "secrets", "List, set and delete the secrets that jobs use",
        details: """
            A job refers to a secret as secret://NAME. Each is a file of the folder at --secrets, by default the one that
            "rota serve" uses for the same --store. Values are read from the standard input or a file, and never shown.
            """, [list, set, delete])

    private static let name = CommandArgument("NAME", help: "Letters, digits, _, - and inner dots")
    private static let folder = CommandOption.value(
        "secrets", as: "DIR", .folders, help: "The folder of the secrets; beside the store by default")

    private static func vault(_ arguments: Arguments) throws(Failure) -> SecretFolder {
        guard arguments.programText("url") == nil else {
            throw .usage("Secrets are set on the machine of the server, in their folder. Leave --url out.")
        }
        return SecretFolder(
            arguments.text("secrets") ?? path(besideStore: arguments.programText("store") ?? ServeOptions.store))
    }

    /// The folder of the secrets of a store.
    static func path(besideStore path: String, suffix: String = "-secrets") -> String {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path + suffix
    }

    /// Tells an error of the folder in a command's terms.
    private static func telling<Value>(_ work: () async throws -> Value) async throws -> Value {
        do {
            return try await work()
        } catch let error as HTTPRequestError {
            throw Failure(.refused, code: "invalid_secret", error.description)
        }
    }

    private static let list = Command("list", "List the names of the secrets", options: [folder]) {
        arguments, console in
        let names = try await vault(arguments).secretNames()
        try Printer(arguments, console).list(
            names.map { ["name": .string($0)] }, columns: [Column("NAME", "name")], nothing: "There are no secrets.",
            id: "name")
        return .done
    }

    private static let set = Command(
        "set", "Set a secret, from a file or the standard input", details: "rota secrets set api-key < key.txt",
        arguments: [
            name, CommandArgument("FILE", help: "The file, or - for the standard input", optional: true, .files),
        ],
        options: [folder]
    ) { arguments, console in
        let file = arguments.argument(1) ?? "-"
        if file == "-", console.terminal.isInteractive { console.writeError("Type the value, then Ctrl-D:\n") }
        var value = try console.readText(file)
        // An editor or echo ends the text with a line break, which is no part of the secret.
        if value.last?.isNewline == true { value.removeLast() }
        guard !value.isEmpty else {
            throw Failure.usage("The value is empty. To remove a secret: rota secrets delete.")
        }
        let name = arguments.argument(0) ?? ""
        let vault = try vault(arguments)
        try await telling { try await vault.set(SecretValue(value), named: name) }
        try Printer(arguments, console).changed(["name": .string(name)], id: "name", "Set \(name).")
        return .done
    }

    private static let delete = Command(
        "delete", "Delete a secret", arguments: [name], options: [folder]
    ) { arguments, console in
        let name = arguments.argument(0) ?? ""
        let vault = try vault(arguments)
        guard try await telling({ try await vault.deleteSecret(named: name) }) else {
            throw Failure(.notFound, "There is no secret \(name).")
        }
        try Printer(arguments, console).changed(
            ["name": .string(name), "deleted": true], id: "name", "Deleted \(name).")
        return .done
    }
}
