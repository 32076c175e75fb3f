public import RotaHTTP
import Synchronization

/// A resolver that answers from memory, for tests of address policies without a name server.
///
/// ```swift
/// let resolver = ScriptedResolver()
/// resolver.script("api.example.com", [IPAddress(v4: 0x5DB8_D822)])
/// resolver.script("inside.example.com", [IPAddress(v4: 0x7F00_0001)])
/// let transport = URLSessionTransport(resolver: resolver)
/// guard let url = URL(string: "https://inside.example.com/") else { return }
/// do {
///     _ = try await transport.send(HTTPRequest(url: url))
/// } catch let error as TransportError {
///     print(error.code, resolver.lookups)  // forbiddenAddress ["inside.example.com"]
/// }
/// ```
///
/// A host without a script has no address. The answers of a script are given in order, and the last one is repeated, so
/// a name server that changes its mind needs two.
public final class ScriptedResolver: HostResolver {
    private struct Script {
        var answers: [[IPAddress]]
        var used = 0
    }

    private struct State {
        var scripts: [String: Script] = [:]
        var lookups: [String] = []
    }

    private let state = Mutex(State())

    /// Creates a resolver that knows no host.
    public init() {}

    /// Sets the answers for a host.
    ///
    /// - Parameters:
    ///   - host: The name, in any letter case.
    ///   - answers: The addresses for each lookup in order, of which the last are repeated. An empty list fails the
    ///     lookup. Without any answer, the script is removed.
    public func script(_ host: String, _ answers: [IPAddress]...) {
        state.withLock { $0.scripts[host.lowercased()] = answers.isEmpty ? nil : Script(answers: answers) }
    }

    /// The hosts that were looked up so far, in order.
    public var lookups: [String] { state.withLock(\.lookups) }

    /// Returns the scripted addresses of a host.
    ///
    /// - Throws: `TransportError` with `dns` if there are none.
    public func addresses(of host: String) async throws -> [IPAddress] {
        let found = state.withLock { state -> [IPAddress] in
            state.lookups.append(host)
            guard var script = state.scripts[host.lowercased()] else { return [] }
            let answer = script.answers[min(script.used, script.answers.count - 1)]
            script.used += 1
            state.scripts[host.lowercased()] = script
            return answer
        }
        guard !found.isEmpty else { throw TransportError(.dns, "\(host) has no scripted address") }
        return found
    }
}
