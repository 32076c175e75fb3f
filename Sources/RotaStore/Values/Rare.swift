import RotaCore

/// An immutable value on the heap, shared by the copies of its owner.
///
/// Keeps large, rarely used values out of structs.
final class Boxed<Value: Sendable & Hashable>: Sendable, Hashable {
    let value: Value

    init(_ value: Value) {
        self.value = value
    }

    static func == (lhs: Boxed, rhs: Boxed) -> Bool {
        lhs === rhs || lhs.value == rhs.value
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(value)
    }
}

/// The members of a record that few records have.
///
/// A plain struct: each member is a stored property with its default.
protocol RareMembers: Sendable, Hashable {
    /// All members at their defaults, on the heap so that reading one of them copies no other.
    static var empty: Boxed<Self> { get }
}

extension RareMembers {
    /// All members at their defaults.
    static var none: Self { empty.value }
}

/// Rare members behind one pointer, which is `nil` while all of them have their defaults.
///
/// A million jobs without a breaker, a note or a tag then cost eight bytes each for all such members together. Copies
/// share the members until one is changed.
@dynamicMemberLookup
struct Rare<Members: RareMembers>: Sendable, Hashable {
    private var box: Boxed<Members>?

    init() {
        box = nil
    }

    init(_ members: Members) {
        box = members == Members.empty.value ? nil : Boxed(members)
    }

    /// Shares members that differ from the defaults.
    init(sharing members: Boxed<Members>) {
        box = members
    }

    /// Whether all members have their defaults.
    var isEmpty: Bool { box == nil }

    var members: Members {
        get { (box ?? Members.empty).value }
        set { self = Rare(newValue) }
    }

    // Inlined, so that the compiler sees the key path and replaces it by an offset.
    subscript<Value: Equatable>(dynamicMember path: WritableKeyPath<Members, Value>) -> Value {
        @inline(__always)
        get {
            (box ?? Members.empty).value[keyPath: path]
        }
        @inline(__always)
        set {
            guard box != nil || newValue != Members.empty.value[keyPath: path] else { return }
            members[keyPath: path] = newValue
        }
    }

    // An optional member is `nil` by default, so the defaults need not be read, nor compared with one that is set.
    subscript<Value: Equatable>(dynamicMember path: WritableKeyPath<Members, Value?>) -> Value? {
        @inline(__always)
        get {
            box?.value[keyPath: path] ?? nil
        }
        @inline(__always)
        set {
            guard (box?.value[keyPath: path] ?? nil) != newValue else { return }
            var changed = members
            changed[keyPath: path] = newValue
            self = newValue == nil ? Rare(changed) : Rare(sharing: Boxed(changed))
        }
    }

    /// Reads a part of the members in place, if any of them is set.
    @inline(__always)
    func read<Value>(_ body: (borrowing Members) -> Value?) -> Value? {
        guard let box else { return nil }
        return body(box.value)
    }
}
