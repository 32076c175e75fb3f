import RotaCore
import RotaStore
import RotaTesting

/// A scripted life of a toy store, with the values that the store must have after each commit.
struct ToyHistory {
    /// The values after 0, 1, 2 … commits.
    private(set) var states: [[UInt8: UInt32]] = [[:]]
    /// How many commits were acknowledged.
    private(set) var acknowledged = 0
    /// What the store threw last.
    private(set) var failure: (any Error)?
    private var random: SplitMix64

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    /// Commits groups of random commits until one fails; one commit is one more state.
    mutating func commit(groups: [Int], to store: inout ToyStore, sync: Bool = true) {
        for size in groups where failure == nil {
            var group: [ToyStore.Commit] = []
            for _ in 0..<size {
                var commit: ToyStore.Commit = [:]
                for _ in 0..<Int.random(in: 1...2, using: &random) {
                    let key = UInt8.random(in: 0..<12, using: &random)
                    let value = UInt32.random(in: 0...UInt32.max, using: &random)
                    commit[key] = .some(Bool.random(using: &random) || value % 5 > 0 ? value : nil)
                }
                var state = states[states.count - 1]
                for (key, value) in commit { state[key] = value }
                states.append(state)
                group.append(commit)
            }
            do {
                try store.commit(group, sync: sync)
                acknowledged = states.count - 1
            } catch {
                failure = error
            }
        }
    }

    /// Opens, commits, compacts with commits in between, and closes, until something fails.
    mutating func live(on files: FaultyFileSystem) {
        do {
            var store = try ToyStore(files)
            commit(groups: [1, 3, 1, 2], to: &store)
            if failure == nil {
                var history = self
                do {
                    try store.compact { store in
                        history.commit(groups: [1], to: &store)
                        if let failure = history.failure { throw failure }
                    }
                } catch {
                    history.failure = error
                }
                self = history
            }
            commit(groups: [2, 1], to: &store)
            try store.close()
        } catch {
            failure = failure ?? error
        }
    }

    /// Whether the values are those after some number of commits, no fewer than were acknowledged.
    func allows(_ values: [UInt8: UInt32]) -> Bool {
        states[acknowledged...].contains(values)
    }
}
