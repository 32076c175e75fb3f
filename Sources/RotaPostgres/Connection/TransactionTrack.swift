#if Postgres
    /// The places in a batch of statements at which something may be committed.
    ///
    /// In a pipeline, statements outside a transaction belong to one that the server commits at the end of the batch.
    /// Statements that bring their own transaction, such as `CREATE DATABASE` or `CALL`, may commit at once.
    struct TransactionTrack: Equatable {
        /// The indexes of the statements that may commit, in order; the number of statements is the end of the batch.
        let commitPoints: [Int]
        /// Whether a transaction is open after the batch if all of it succeeds.
        let endsInTransaction: Bool

        /// Walks through a batch.
        ///
        /// - Parameters:
        ///   - statements: The texts of the statements.
        ///   - isInTransaction: Whether a transaction is open before it.
        init(_ statements: [String], isInTransaction: Bool) {
            var isOpen = isInTransaction
            var hasImplicit = false
            var points: [Int] = []
            for (index, statement) in statements.enumerated() {
                let words = Self.firstWords(of: statement)
                switch words.first ?? "" {
                case "BEGIN", "START":
                    // Earlier statements without a transaction become part of this one.
                    isOpen = true
                    hasImplicit = false
                case "COMMIT", "END":
                    points.append(index)
                    isOpen = words.contains("CHAIN") && !words.contains("NO")
                    hasImplicit = false
                case "PREPARE" where words.dropFirst().first == "TRANSACTION":
                    points.append(index)
                    isOpen = false
                case "ROLLBACK", "ABORT":
                    if words.contains("TO") { break }
                    if words.dropFirst().first == "PREPARED" { points.append(index) }
                    isOpen = words.contains("CHAIN") && !words.contains("NO")
                    hasImplicit = false
                case let word where !isOpen:
                    hasImplicit = true
                    if !Self.plain.contains(word) { points.append(index) }
                default: break
                }
            }
            if hasImplicit { points.append(statements.count) }
            commitPoints = points
            endsInTransaction = isOpen
        }

        /// Whether something may have been committed when the server confirmed the first statements and no more.
        ///
        /// - Parameters:
        ///   - confirmed: The number of statements that the server confirmed.
        ///   - mayContinue: Whether the server may have carried out statements after these.
        func mayCommit(after confirmed: Int, mayContinue: Bool) -> Bool {
            commitPoints.contains { $0 < confirmed || mayContinue }
        }

        /// Whether nothing before a statement may have been committed.
        func nothingCommits(before index: Int) -> Bool {
            commitPoints.first.map { $0 >= index } ?? true
        }

        /// Statements that cannot commit by themselves.
        private static let plain: Set<String> = [
            "SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "VALUES", "TABLE", "SET", "SHOW", "LISTEN", "UNLISTEN",
            "NOTIFY", "LOCK", "TRUNCATE", "EXPLAIN", "MERGE", "COPY", "SAVEPOINT", "RELEASE",
        ]

        /// Whether a statement asks for a commit.
        static func isCommit(_ statement: String) -> Bool {
            let word = firstWords(of: statement).first
            return word == "COMMIT" || word == "END"
        }

        /// The first words in upper case, at most six, after comments.
        static func firstWords(of statement: String) -> [String] {
            var words: [String] = []
            var rest = Substring(statement)
            while words.count < 6 {
                rest = rest.drop { $0.isWhitespace || $0 == ";" || $0 == "(" }
                if rest.hasPrefix("--") {
                    rest = rest.drop { !$0.isNewline }
                    continue
                }
                if rest.hasPrefix("/*") {
                    guard let end = endOfComment(rest) else { break }
                    rest = rest[end...]
                    continue
                }
                let word = rest.prefix { $0.isLetter || $0 == "_" }
                if word.isEmpty { break }
                words.append(word.uppercased())
                rest = rest.dropFirst(word.count)
            }
            return words
        }

        /// The end of a comment that may contain others.
        private static func endOfComment(_ text: Substring) -> Substring.Index? {
            var depth = 0
            var rest = text
            while !rest.isEmpty {
                if rest.hasPrefix("/*") {
                    depth += 1
                    rest = rest.dropFirst(2)
                } else if rest.hasPrefix("*/") {
                    depth -= 1
                    rest = rest.dropFirst(2)
                    if depth == 0 { return rest.startIndex }
                } else {
                    rest = rest.dropFirst()
                }
            }
            return nil
        }
    }
#endif
