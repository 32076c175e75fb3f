import RotaCore
import RotaHTTP

/// Keeps credentials that were stored in a job as they are out of the answers.
///
/// A header such as `Authorization` should hold a reference, `secret://name`. One that holds the credential itself is
/// shown as ``mark``, and a client that sends the mark back keeps what is stored.
enum Credentials {
    static let mark = "[redacted]"

    /// Whether a header holds a credential and not a reference to one.
    private static func isOpen(_ field: HTTPHeaders.Field) -> Bool {
        field.isSensitive && !SecretReference.isMentioned(in: field.value)
    }

    /// The headers as they may be shown.
    static func shown(_ headers: HTTPHeaders) -> JSONValue {
        .object(headers.fields.map { .init($0.name, .string(isOpen($0) ? mark : $0.value)) })
    }

    /// The headers that a client sent, with what is stored in place of the marks.
    static func restored(_ given: [String: String], from present: HTTPHeaders?) -> HTTPHeaders {
        HTTPHeaders(
            given.sorted { $0.key < $1.key }.map { name, value in
                HTTPHeaders.Field(name, value == mark ? present?[name] ?? value : value)
            })
    }

    /// A definition in the engine's JSON, as it may be shown: headers there are pairs of name and value.
    static func hidden(in definition: JSONValue) -> JSONValue {
        edit(definition) { pair in
            guard pair.count >= 2, case .string(let name) = pair[0], case .string(let value) = pair[1],
                isOpen(.init(name, value, isSensitive: pair.count > 2 ? true : nil))
            else { return pair }
            return [pair[0], .string(mark)] + pair.dropFirst(2)
        }
    }

    /// A definition in the engine's JSON that a client sent back, with what is stored in place of the marks.
    static func restored(in definition: JSONValue, from present: HTTPHeaders?) -> JSONValue {
        edit(definition) { pair in
            guard pair.count >= 2, case .string(let name) = pair[0], pair[1] == .string(mark),
                let stored = present?[name]
            else { return pair }
            return [pair[0], .string(stored)] + pair.dropFirst(2)
        }
    }

    private static func edit(_ definition: JSONValue, _ change: ([JSONValue]) -> [JSONValue]) -> JSONValue {
        definition.replacing("action") { action in
            action.replacing("http") { request in
                request.replacing("headers") { headers in
                    guard case .array(let pairs) = headers else { return headers }
                    return .array(
                        pairs.map { pair in
                            guard case .array(let parts) = pair else { return pair }
                            return .array(change(parts))
                        })
                }
            }
        }
    }
}

extension JSONValue {
    /// The object with another value for a member that it has.
    func replacing(_ name: String, _ change: (JSONValue) -> JSONValue) -> JSONValue {
        guard case .object(let members) = self else { return self }
        return .object(members.map { $0.name == name ? Member(name, change($0.value)) : $0 })
    }

    /// The object with the members of another one in place of its own.
    ///
    /// A null removes a member (RFC 7396, one level).
    func merging(_ other: JSONValue) -> JSONValue {
        guard case .object(let mine) = self, case .object(let theirs) = other else { return other }
        let names = Set(theirs.map(\.name))
        return .object(mine.filter { !names.contains($0.name) } + theirs.filter { $0.value != .null })
    }
}
