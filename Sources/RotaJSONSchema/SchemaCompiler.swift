import Foundation
import RotaHTTP

/// Reads a schema's document, and resolves its references.
///
/// ```
///  register ─▶ every schema gets a node; ids and anchors are collected
///  connect  ─▶ references become nodes; what they point to outside the known keywords is registered too
///  check    ─▶ no circle of references for one value
/// ```
struct SchemaCompiler {
    /// How many schemas a document may have.
    static let limit = 10_000
    /// How many bytes the pointers and addresses of schemas and references may have together.
    ///
    /// They are kept for messages, and each repeats those around it.
    static let pointerBytes = 16 << 20

    private let document: JSONValue
    var nodes: [SchemaNode] = []
    /// The nodes by their places in the document.
    private var places: [ExactText: Int] = [:]
    private var pointerBytesLeft = Self.pointerBytes
    /// The address of each resource, and the place of its schema.
    private var resources: [(address: String, place: String)] = []
    private var resourcesByAddress: [ExactText: Int] = [:]
    /// The nodes of `$anchor` and `$dynamicAnchor` in each resource.
    private var anchors: [[ExactText: Int]] = []
    private var dynamicAnchors: [[ExactText: Int]] = []
    /// The references to resolve once all schemas are known.
    private var references: [(node: Int, keyword: String, text: String)] = []

    init(_ document: JSONValue) {
        self.document = document
    }

    mutating func compile() throws(JSONSchema.ParseError) -> SchemaProgram {
        guard document.isNested(within: JSONValue.deepest) else {
            throw JSONSchema.ParseError(at: "", nil, "A schema may be nested at most \(JSONValue.deepest) levels deep.")
        }
        let address = document["$id"].flatMap { if case .string(let text) = $0 { text } else { nil } } ?? ""
        addResource(SchemaPointer.parts(of: address).address, at: "")
        _ = try register(document, at: "", in: 0)
        // The target of a reference may hold more references.
        var next = 0
        while next < references.count {
            try connect(references[next])
            next += 1
        }
        try checkCircles()
        return SchemaProgram(nodes: nodes, dynamicAnchors: dynamicAnchors)
    }

    // MARK: Register

    /// Creates a node for a schema and for those inside it.
    mutating func register(
        _ schema: JSONValue, at place: String, in resource: Int
    ) throws(JSONSchema.ParseError) -> Int {
        try take(place.utf8.count)
        if let known = places[ExactText(place)] { return known }
        guard nodes.count < Self.limit else {
            throw JSONSchema.ParseError(at: place, nil, "A schema may consist of at most \(Self.limit) schemas.")
        }
        var resource = resource
        if !place.isEmpty, case .string(let id)? = schema["$id"] {
            resource = try addEmbedded(id, at: place, in: resource)
        }
        let index = nodes.count
        nodes.append(SchemaNode(pointer: place, resource: resource))
        places[ExactText(place)] = index
        switch schema {
        case .bool(let isSatisfiable): nodes[index].isSatisfiable = isSatisfiable
        case .object(let members):
            var names: Set<ExactText> = []
            for member in members where !names.insert(ExactText(member.name)).inserted {
                throw JSONSchema.ParseError(at: place, member.name, "Duplicate keyword.")
            }
            var reader = SchemaReader(schema, at: place, in: resource, into: index)
            for member in members { try reader.read(member.name, member.value, &self) }
        default:
            throw JSONSchema.ParseError(
                at: place, nil, "A schema must be an object, true or false, not \(schema.kindWithArticle).")
        }
        return index
    }

    /// Counts a pointer or an address.
    private mutating func take(_ bytes: Int) throws(JSONSchema.ParseError) {
        pointerBytesLeft -= bytes
        guard pointerBytesLeft >= 0 else {
            throw JSONSchema.ParseError(
                at: "", nil,
                "The pointers and addresses of all schemas have more than \(Self.pointerBytes) bytes together. Shorten "
                    + "long names, or nest fewer schemas in them.")
        }
    }

    @discardableResult
    private mutating func addResource(_ address: String, at place: String) -> Int {
        resources.append((address, place))
        anchors.append([:])
        dynamicAnchors.append([:])
        resourcesByAddress[ExactText(address)] = resources.count - 1
        return resources.count - 1
    }

    private mutating func addEmbedded(
        _ id: String, at place: String, in resource: Int
    ) throws(JSONSchema.ParseError) -> Int {
        let (reference, fragment) = SchemaPointer.parts(of: id)
        guard fragment.isEmpty, !reference.isEmpty else {
            throw JSONSchema.ParseError(
                at: place, "$id", "\"\(id)\" must be an address without a fragment; for a name use \"$anchor\".")
        }
        try take(resources[resource].address.utf8.count + reference.utf8.count)
        let address = SchemaPointer.resolve(reference, against: resources[resource].address)
        guard resourcesByAddress[ExactText(address)] == nil else {
            throw JSONSchema.ParseError(
                at: place, "$id", "Another schema in the document has the address \"\(address)\".")
        }
        return addResource(address, at: place)
    }

    /// Gives a node a name that references use.
    mutating func name(_ node: Int, _ anchor: String, isDynamic: Bool) throws(JSONSchema.ParseError) {
        let resource = nodes[node].resource
        let keyword = isDynamic ? "$dynamicAnchor" : "$anchor"
        let key = ExactText(anchor)
        guard anchors[resource][key] == nil else {
            throw JSONSchema.ParseError(at: nodes[node].pointer, keyword, "Another schema has the name \"\(anchor)\".")
        }
        anchors[resource][key] = node
        if isDynamic { dynamicAnchors[resource][key] = node }
    }

    /// Notes a reference, to be resolved when all schemas are known.
    mutating func refer(from node: Int, _ keyword: String, to text: String) {
        references.append((node, keyword, text))
    }

    // MARK: Connect

    private mutating func connect(
        _ reference: (node: Int, keyword: String, text: String)
    ) throws(JSONSchema.ParseError) {
        let target = try target(of: reference)
        guard reference.keyword == "$dynamicRef" else {
            nodes[reference.node].reference = target
            return
        }
        let fragment = ExactText(SchemaPointer.parts(of: reference.text).fragment)
        let isDynamic = dynamicAnchors[nodes[target].resource][fragment] == target
        nodes[reference.node].dynamicReference = .init(node: target, anchor: isDynamic ? fragment : nil)
    }

    private mutating func target(
        of reference: (node: Int, keyword: String, text: String)
    ) throws(JSONSchema.ParseError) -> Int {
        let (relative, fragment) = SchemaPointer.parts(of: reference.text)
        let node = nodes[reference.node]
        func error(_ message: String) -> JSONSchema.ParseError {
            JSONSchema.ParseError(at: node.pointer, reference.keyword, message)
        }
        var found: Int? = node.resource
        if !relative.isEmpty {
            let base = resources[node.resource].address
            try take(base.utf8.count + relative.utf8.count)
            found = resourcesByAddress[ExactText(SchemaPointer.resolve(relative, against: base))]
        }
        guard let resource = found else {
            throw error(
                "\"\(reference.text)\" is another document, which is not fetched. Copy it into \"$defs\", and refer to "
                    + "it as \"#/$defs/name\".")
        }
        guard fragment.isEmpty || fragment.hasPrefix("/") else {
            guard let named = anchors[resource][ExactText(fragment)] else {
                throw error("No schema has the name \"\(fragment)\". Write \"$anchor\": \"\(fragment)\" in one.")
            }
            return named
        }
        var place = resources[resource].place
        try take(place.utf8.count + fragment.utf8.count)
        if let known = places[ExactText(place + fragment)] { return known }
        guard var value = document.value(at: place) else { throw error("\"\(reference.text)\" leads nowhere.") }
        var owner = resource
        for token in SchemaPointer.tokens(fragment) {
            guard let inner = value.step(token) else {
                throw error("\"\(reference.text)\" leads nowhere: there is no \"\(token)\" at \"#\(place)\".")
            }
            (value, place) = (inner, place + "/" + SchemaPointer.escaped(token))
            try take(place.utf8.count)
            if let known = places[ExactText(place)] { owner = nodes[known].resource }
        }
        return try register(value, at: place, in: owner)
    }

    // MARK: Check

    /// Refuses schemas that apply to the same value for ever.
    ///
    /// A dynamic reference can lead to each schema with the anchor, so there is one more node for each such name: all
    /// dynamic references to it lead there, and from there to all of those schemas.
    private func checkCircles() throws(JSONSchema.ParseError) {
        enum Mark { case unseen, open, done }
        var crossings: [ExactText: Int] = [:]
        var targets: [[Int]] = []
        for anchors in dynamicAnchors {
            for (name, node) in anchors {
                if let known = crossings[name] {
                    targets[known - nodes.count].append(node)
                } else {
                    crossings[name] = nodes.count + targets.count
                    targets.append([node])
                }
            }
        }
        func successors(of index: Int) -> ArraySlice<Int> {
            guard index < nodes.count else { return targets[index - nodes.count][...] }
            let crossing = nodes[index].dynamicReference?.anchor.flatMap { crossings[$0] }
            return (nodes[index].sameValue + [crossing].compactMap(\.self))[...]
        }
        var marks = [Mark](repeating: .unseen, count: nodes.count + targets.count)
        for root in nodes.indices where marks[root] == .unseen {
            // Not recursive: a document may chain ten thousand references.
            var stack = [(node: root, rest: successors(of: root))]
            marks[root] = .open
            while let top = stack.last {
                guard let next = top.rest.first else {
                    marks[top.node] = .done
                    stack.removeLast()
                    continue
                }
                stack[stack.count - 1].rest.removeFirst()
                switch marks[next] {
                case .done: continue
                case .open:
                    // Where the circle closes at a name, the schema is the one that was reached by it.
                    let first = stack.firstIndex { $0.node == next } ?? 0
                    let circle = stack[first...].map(\.node).filter { $0 < nodes.count }
                    throw JSONSchema.ParseError(
                        at: nodes[circle.last ?? root].pointer, nil,
                        "The schema leads back to itself (\"#\(nodes[circle.first ?? root].pointer)\") for the same value, "
                            + "so a check would never end.")
                case .unseen:
                    marks[next] = .open
                    stack.append((next, successors(of: next)))
                }
            }
        }
    }
}

extension JSONValue {
    /// The value at a pointer.
    fileprivate func value(at pointer: String) -> JSONValue? {
        var value = self
        for token in SchemaPointer.tokens(pointer) {
            guard let inner = value.step(token) else { return nil }
            value = inner
        }
        return value
    }

    /// The kind of value after "a" or "an".
    var kindWithArticle: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// JSON Pointers (RFC 6901) and the references of schemas.
enum SchemaPointer {
    /// A member's name as it stands in a pointer.
    static func escaped(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return name }
        return name.replacingOccurrences(of: "~", with: "~0").replacingOccurrences(of: "/", with: "~1")
    }

    /// The names and positions of a pointer.
    static func tokens(_ pointer: String) -> [String] {
        pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { token in
            token.replacingOccurrences(of: "~1", with: "/").replacingOccurrences(of: "~0", with: "~")
        }
    }

    /// A reference's address and its fragment, with percent-encoding removed from the fragment.
    static func parts(of reference: String) -> (address: String, fragment: String) {
        guard let hash = reference.firstIndex(of: "#") else { return (reference, "") }
        let fragment = String(reference[reference.index(after: hash)...])
        return (String(reference[..<hash]), fragment.removingPercentEncoding ?? fragment)
    }

    /// Resolves an address without a fragment against that of the surrounding schema (RFC 3986 § 5).
    static func resolve(_ address: String, against base: String) -> String {
        if address.isEmpty { return base }
        guard !base.isEmpty, let resolved = URL(string: address, relativeTo: URL(string: base)) else { return address }
        return resolved.absoluteString
    }
}

extension JSONValue {
    /// The value that a step of a pointer leads to.
    func step(_ token: String) -> JSONValue? {
        switch self {
        case .object: self[token]
        case .array: token == "0" || !token.hasPrefix("0") ? Int(token).flatMap { $0 < 0 ? nil : self[$0] } : nil
        default: nil
        }
    }
}
