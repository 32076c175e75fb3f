#if Postgres
    import CLibPQ
    import Foundation

    /// Connection strings and URLs, as libpq reads them.
    enum ConnectionString {
        /// The parameters that must not be printed.
        private static let secrets: Set<String> = ["password", "sslpassword"]

        /// Parses a connection string.
        ///
        /// - Throws: ``PostgresError`` with the code `invalidConfiguration`. Its text never quotes the string, which
        ///   may contain a password.
        static func parse(_ text: String) throws(PostgresError) -> [String: String] {
            guard !text.utf8.contains(0) else { throw invalid("it contains U+0000") }
            guard !text.isEmpty else {
                throw invalid("it is empty; write at least dbname=…, and the environment may say the rest")
            }
            guard text.contains("=") || text.contains("://") else {
                throw invalid("it is neither a URL nor a list of parameters")
            }
            var problem: UnsafeMutablePointer<CChar>?
            guard let options = PQconninfoParse(text, &problem) else {
                let reason = problem.map { String(cString: $0) } ?? "out of memory"
                if let problem { PQfreemem(problem) }
                throw invalid(safe(reason, from: text))
            }
            defer { PQconninfoFree(options) }
            var parameters: [String: String] = [:]
            var option = options
            while let keyword = option.pointee.keyword {
                if let value = option.pointee.val { parameters[String(cString: keyword)] = String(cString: value) }
                option += 1
            }
            try check(parameters)
            return parameters
        }

        private static func check(_ parameters: [String: String]) throws(PostgresError) {
            for port in (parameters["port"] ?? "").split(separator: ",") {
                guard let number = Int(port.trimmingCharacters(in: .whitespaces)), (1...65535).contains(number) else {
                    throw invalid("the port must be 1 to 65535, not \(port)")
                }
            }
            if let encoding = parameters["client_encoding"],
                !["utf8", "utf-8", "unicode"].contains(encoding.lowercased())
            {
                throw invalid("client_encoding must be UTF8 or left out, not \(encoding)")
            }
        }

        /// The reason of libpq, if it cannot contain a part of a password.
        ///
        /// It quotes the names of unknown parameters, but also the text at which it gave up. A password that contains
        /// a space or a colon makes it quote the rest of the password.
        private static func safe(_ reason: String, from text: String) -> String {
            let line = reason.split(separator: "\n").first.map(String.init) ?? ""
            if let match = line.firstMatch(of: /invalid (?:connection option|URI query parameter): ?"([a-z_]+)"/) {
                return "libpq does not know the parameter \"\(match.1)\"; check its spelling, or install a newer libpq"
            }
            let quotesNothing = !line.contains("\"")
            if quotesNothing, !line.isEmpty { return line }
            return text.contains("://")
                ? "it is not a valid URL; encode characters such as : / @ % and spaces in user and password by %XX"
                : "it is not a valid list of parameters; put values with spaces or quotes into '…', with \\ before ' and \\"
        }

        private static func invalid(_ reason: String) -> PostgresError {
            PostgresError(
                .invalidConfiguration,
                "The connection string of PostgreSQL is invalid: \(reason). It must look like "
                    + "postgres://user@host/database or host=… dbname=… user=….")
        }

        /// The parameters as text, without passwords.
        static func description(of parameters: [String: String]) -> String {
            parameters.sorted { $0.key < $1.key }
                .map { secrets.contains($0.key) ? "\($0.key)=…" : "\($0.key)=\($0.value)" }
                .joined(separator: " ")
        }

        /// A text of libpq or the server without the passwords of a configuration.
        static func redact(_ text: String, _ parameters: [String: String]) -> String {
            var result = text
            for name in secrets {
                guard let secret = parameters[name], !secret.isEmpty else { continue }
                result = result.replacingOccurrences(of: secret, with: "…")
            }
            return result
        }
    }
#endif
