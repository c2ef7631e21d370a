import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.stream.Collectors;

/** Prints as many free ports as it is asked for. */
final class FreePorts {
    public static void main(String[] arguments) throws Exception {
        var sockets = new ArrayList<ServerSocket>();
        for (int i = 0; i < Integer.parseInt(arguments[0]); i++) {
            sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
        }
        System.out.println(
                sockets.stream().map(s -> "" + s.getLocalPort()).collect(Collectors.joining(" ")));
        for (var socket : sockets) {
            socket.close();
        }
    }
}
