package standin.cluster;

import java.util.ServiceLoader;

/** One generation of Hazelcast's API. A pack holds exactly one, found by java.util.ServiceLoader. */
public interface HazelcastGeneration {
    /** Starts a member. Whatever Hazelcast throws comes through. */
    ClusterNode start(ClusterPlan plan) throws Exception;

    static HazelcastGeneration ofThisPack() {
        return ServiceLoader.load(HazelcastGeneration.class).iterator().next();
    }
}
