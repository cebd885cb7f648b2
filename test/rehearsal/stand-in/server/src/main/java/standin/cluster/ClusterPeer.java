package standin.cluster;

import java.net.InetSocketAddress;

/** A member as Hazelcast sees it. */
public final class ClusterPeer {
    public final String uuid;
    public final InetSocketAddress address;
    public final boolean local;

    public ClusterPeer(String uuid, InetSocketAddress address, boolean local) {
        this.uuid = uuid;
        this.address = address;
        this.local = local;
    }
}
