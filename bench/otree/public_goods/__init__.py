from otree.api import *


class C(BaseConstants):
    NAME_IN_URL = "public_goods"
    PLAYERS_PER_GROUP = 4
    NUM_ROUNDS = 10
    ENDOWMENT = 20


class Subsession(BaseSubsession):
    pass


class Group(BaseGroup):
    pot = models.IntegerField()
    share = models.FloatField()


class Player(BasePlayer):
    amount = models.IntegerField(min=0, max=C.ENDOWMENT, label="How much do you put in the pot?")


def creating_session(subsession):
    if subsession.round_number == 1:
        subsession.group_randomly()
    else:
        subsession.group_like_round(1)


def pay(group):
    players = group.get_players()
    group.pot = sum(one.amount for one in players)
    group.share = group.pot * group.session.config["multiplier"] / C.PLAYERS_PER_GROUP
    for one in players:
        one.payoff = C.ENDOWMENT - one.amount + group.share


class Instructions(Page):
    @staticmethod
    def is_displayed(player):
        return player.round_number == 1


class Everyone(WaitPage):
    wait_for_all_groups = True

    @staticmethod
    def is_displayed(player):
        return player.round_number == 1


class Contribute(Page):
    form_model = "player"
    form_fields = ["amount"]
    timeout_seconds = 60

    @staticmethod
    def before_next_page(player, timeout_happened):
        if timeout_happened:
            player.amount = 0


class Pay(WaitPage):
    after_all_players_arrive = pay


class Results(Page):
    pass


class Together(WaitPage):
    pass


class Finished(WaitPage):
    wait_for_all_groups = True

    @staticmethod
    def is_displayed(player):
        return player.round_number == C.NUM_ROUNDS


class Goodbye(Page):
    @staticmethod
    def is_displayed(player):
        return player.round_number == C.NUM_ROUNDS

    @staticmethod
    def vars_for_template(player):
        return {"earned": player.participant.payoff}


page_sequence = [
    Instructions,
    Everyone,
    Contribute,
    Pay,
    Results,
    Together,
    Finished,
    Goodbye,
]
