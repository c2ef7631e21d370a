package io.nimbus.stager;

class PlainStagerIT extends StagerContract {
    @Override
    String backend() {
        return "plain";
    }
}
