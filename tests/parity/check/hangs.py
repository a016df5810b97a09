"""Losses that hang, or print without an end."""

from keras import ops


def endless(y_true, y_pred):
    n = 0
    while True:
        n += 1


def floods(y_true, y_pred):
    while True:
        print("y_pred", "x" * 1000)


def ends(y_true, y_pred):
    import os

    os._exit(0)


def talks(y_true, y_pred):
    print(".", end="")
    print('{"event": "end"}')
    return ops.mean(ops.square(y_true - y_pred), axis=-1)
